import { counted, EXIT } from '@lockstep/model';
import { alert, code, prose } from '../markdown/escape-markdown.ts';
import { pullRequestComment, type CorpusSection } from '../markdown/pull-request-comment.ts';
import type { CorpusOutcome } from '../outcome/command-result.ts';
import { outcomeWords } from '../outcome/outcome-words.ts';
import type { Finding } from '../outcome/finding.ts';
import { findingsOf, withoutAddresses, type ToldResult } from '../outcome/told-result.ts';

/** Findings of one corpus that are told; the rest are counted. */
const TOLD_MAX = 20;

/** The outcomes of a command as a comment on a pull request, or for the summary of a job. */
export function resultsComment(told: ToldResult): string {
  const { command, outcomes, notTried } = told;
  const well = outcomes.filter(({ exit }) => exit === EXIT.done).length;
  const total = outcomes.length + notTried.length;
  const head = [
    `<!-- lockstep ${command} -->\n## Lockstep ${command}`,
    `${well} of ${total === 1 ? '1 corpus' : `${total} corpora`} ${command === 'summary' || command === 'status' ? 'in step' : 'ended well'}.`,
    ...told.findings.slice(0, TOLD_MAX).map((finding) => findingText(withoutAddresses(finding, told))),
    ...(notTried.length === 0 ? [] : [`**Stopped**; not tried: ${notTried.slice(0, TOLD_MAX).map(code).join(', ')}.`]),
  ].join('\n\n');
  return pullRequestComment({
    command,
    head,
    columns: ['corpus', 'outcome'],
    numbers: [],
    sections: outcomes.map((outcome) => sectionOf(outcome, findingsOf(outcome, told))),
  });
}

function findingText({ kind, title, message, line }: Finding): string {
  const place = line === undefined ? '' : `, line ${line}`;
  return alert(kind === 'error' ? 'CAUTION' : 'WARNING', `**${prose(title)}**${place}: ${prose(message)}`);
}

function sectionOf(outcome: CorpusOutcome, findings: readonly Finding[]): CorpusSection {
  const { corpus, exit } = outcome;
  const told = findings.slice(0, TOLD_MAX);
  const rest = findings.slice(TOLD_MAX).reduce((sum, { count = 1 }) => sum + count, 0);
  const lines = told.map(findingText);
  if (rest > 0) lines.push(`${counted(rest, 'finding')} more.`);
  return {
    rank: exit === EXIT.guarded ? 1 : exit !== EXIT.done ? 0 : findings.length > 0 ? 2 : 4,
    row: [code(corpus), exit === EXIT.done ? prose(outcomeWords(outcome)) : `**${prose(outcomeWords(outcome))}**`],
    body: lines.length === 0 ? '' : [`### ${code(corpus)}`, ...lines].join('\n\n'),
    details: '',
  };
}
