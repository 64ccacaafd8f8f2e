import { isAbsolute, relative, sep } from 'node:path';
import { outcomeWords } from '../outcome/outcome-words.ts';
import type { Finding } from '../outcome/finding.ts';
import { workflowCommand } from '../terminal/workflow-command.ts';
import { allFindings, type ToldResult } from '../outcome/told-result.ts';

/**
 * Annotations of one kind that GitHub shows of a step; it drops the others without a word.
 * *Source*: https://github.com/actions/toolkit/pull/734, 2021-03-29.
 */
const SHOWN_MAX = 10;

/**
 * Commands for the log of a GitHub workflow, one a line: an annotation for each finding, at most as many as GitHub shows, and a
 * notice with the outcomes.
 */
export function githubAnnotations(told: ToldResult): string {
  const { command, outcomes, notTried, context } = told;
  const findings = allFindings(told);
  const root = process.env['GITHUB_WORKSPACE'] || context.root;
  const ends = [
    ...outcomes.map((outcome) => `${outcome.corpus}: ${outcomeWords(outcome)}`),
    ...notTried.map((corpus) => `${corpus}: not tried`),
  ];
  return [
    ...shown(findings, 'error', root),
    ...shown(findings, 'warning', root),
    workflowCommand('notice', { title: `lockstep ${command}` }, ends.join('\n')),
  ].join('\n');
}

/** The findings of one kind. Those beyond what GitHub shows are counted in the last. */
function shown(all: readonly Finding[], kind: Finding['kind'], root: string): string[] {
  const findings = all.filter((finding) => finding.kind === kind);
  const told = findings.length > SHOWN_MAX ? findings.slice(0, SHOWN_MAX - 1) : findings;
  const rest = findings.slice(told.length).reduce((sum, { count = 1 }) => sum + count, 0);
  const lines = told.map(({ title, message, file, line }) =>
    workflowCommand(kind, { ...placeIn(root, file, line), title }, message),
  );
  if (rest === 0) return lines;
  const message = `${rest} more; GitHub shows ${SHOWN_MAX} of a kind in a step.`;
  return [...lines, workflowCommand(kind, { title: 'More' }, message)];
}

/** A file below the checked out repository; GitHub knows no other. */
function placeIn(root: string, file: string | undefined, line = 1): Record<string, string> {
  if (file === undefined) return {};
  const below = relative(root, file);
  return below.startsWith('..') || isAbsolute(below) ? {} : { file: below.replaceAll(sep, '/'), line: String(line) };
}
