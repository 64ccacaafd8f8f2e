import { counted, type RunRecord } from '@lockstep/model';
import type { StoreStatus } from '@lockstep/pipeline';
import { KNOWN_MODELS } from '../settings/known-models.ts';
import { storedCount } from '../text/stored-count.ts';
import { NO_CORPUS, standingLines } from './standing-lines.ts';
import { verifiedText } from './verified-text.ts';
import type { CorpusState, Status } from './workspace-status.ts';

const STATES: Readonly<Record<StoreStatus['state'], string>> = {
  'in-step': 'as its last load left it',
  empty: 'empty: not loaded',
  unknown: 'unknown: the last load did not finish, or verify found differences; load again',
  drifted: 'drifted: the number has changed since the last load; load again',
  outdated: 'outdated: input, settings or store have changed since the last load; load again',
};

/** The state of everything, for people. */
export function statusText({ corpora, strangers, unowned, unnamedTables, runs, problems }: Status): string {
  const parts = [corpora.length === 0 ? NO_CORPUS : corpora.map(corpusText).join('\n')];
  if (strangers.length > 0) {
    const lines = strangers.map((stranger) => `  ${JSON.stringify(stranger.corpus)}  ${storedText(stranger)}`);
    parts.push(
      [
        'In the stores, but in no corpus.json of this workspace, and loaded elsewhere (`indexer drop <corpus>` deletes one):',
        ...lines,
      ].join('\n'),
    );
  }
  if (unowned.length > 0) {
    const lines = unowned.map((unknown) => `  ${storedText(unknown)}`);
    parts.push(['In the stores, but of no corpus (no command changes or deletes them):', ...lines].join('\n'));
  }
  if (unnamedTables.length > 0) {
    const lines = unnamedTables.map(({ target, count }) => `  ${target}  ${storedCount('neon', count)}`);
    parts.push(['Tables of this program that no corpus.json names:', ...lines].join('\n'));
  }
  if (problems.length > 0) {
    parts.push(['Could not be checked:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
    if (runs.length === 0) return parts.join('\n\n');
  }
  parts.push(runs.length === 0 ? 'No runs yet.' : ['Last runs:', ...runs.map(runText)].join('\n'));
  return parts.join('\n\n');
}

function corpusText(corpus: CorpusState): string {
  const { folder, wanted, stores, state, verified } = corpus;
  const [says, ...advice] = standingLines(corpus);
  const lines = [
    `${says}  (${folder})${wanted === null ? '' : `  ${counted(wanted, 'chunk')} in the input`}`,
    ...advice,
    ...(verified === null ? [] : [verifiedText(verified)]),
  ];
  for (const [store, { target, count, stamp, state: own }] of Object.entries(stores ?? {})) {
    const stamped = stamp === null || stamp.count === count ? '' : ` (${stamp.count} after the last load)`;
    const shown = state === 'in-step' ? 'in step' : STATES[own];
    lines.push(`  ${store.padEnd(8)} ${count}${stamped}  ${shown}  (${target})`);
  }
  return lines.join('\n');
}

/** Points or rows, and where they are. */
function storedText({ store, target, count }: Status['unowned'][number]): string {
  return `${storedCount(store, count)} in ${store} (${target})`;
}

const OUTCOMES = { done: 'in step', differ: 'STORES DIFFER', failed: 'FAILED', overtaken: 'overtaken' } as const;

/** What was done by runs that compare nothing with an input. */
const DONE: Readonly<Partial<Record<RunRecord['kind'], string>>> = { drop: 'dropped', edit: 'written' };

function runText({ startedAt, corpus, fence, kind, end, model, state }: Status['runs'][number]): string {
  const head = `  ${startedAt.slice(0, 19)}Z  ${corpus} #${fence} ${kind}`;
  if (end === undefined) {
    return `${head}  ${state === 'open' ? 'running, or killed' : 'did not finish: killed, or overtaken'}`;
  }
  const outcome = (end.outcome === 'done' && DONE[kind]) || OUTCOMES[end.outcome];
  const error = end.error === null ? '' : ` (${end.error})`;
  return [`${head}  ${outcome}${error}`, duration(startedAt, end.finishedAt), ...workOf(end, model), model ?? '']
    .filter((part) => part !== '')
    .join('; ');
}

function workOf(
  { counts, tokensPaid, tokensSaved }: NonNullable<RunRecord['end']>,
  model: RunRecord['model'],
): string[] {
  const { pointsWritten, pointsDeleted, rowsWritten, rowsDeleted } = counts;
  const parts: string[] = [];
  if (pointsWritten !== null || pointsDeleted !== null) {
    parts.push(`points +${pointsWritten ?? 0} -${pointsDeleted ?? 0}`);
  }
  if (rowsWritten !== null || rowsDeleted !== null) parts.push(`rows +${rowsWritten ?? 0} -${rowsDeleted ?? 0}`);
  if (tokensPaid !== null) {
    const isFree = model === KNOWN_MODELS.embedded.model;
    parts.push(`${counted(tokensPaid, 'token')}${isFree ? ', free' : ' paid'}, about ${tokensSaved ?? 0} saved`);
  }
  return parts;
}

function duration(from: string, to: string): string {
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
}
