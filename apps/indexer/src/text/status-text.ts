import type { RunRecord } from '@lockstep/model';
import type { StoreStatus } from '@lockstep/pipeline';
import type { CorpusState, Status } from '../wiring/workspace-status.ts';

const STATES: Readonly<Record<StoreStatus['state'], string>> = {
  'in-step': 'in step',
  empty: 'empty, not loaded yet',
  unknown: 'unknown: no load ended well since it was changed, or a verify found differences; load it',
  drifted: 'drifted: another number than when it was loaded; load it',
  outdated: 'outdated: input, settings or store have changed since; load it',
};

/** The state of everything, for people. */
export function statusText({ corpora, strangers, unowned, runs, problems }: Status): string {
  const parts = [corpora.length === 0 ? 'No corpus.json in this workspace.' : corpora.map(corpusText).join('\n')];
  if (strangers.length > 0) {
    const lines = strangers.map(
      ({ store, target, corpus, count }) => `  ${JSON.stringify(corpus)}  ${count} in ${store} (${target})`,
    );
    parts.push(
      ['In the stores, and named by no corpus.json (`indexer drop <corpus>` removes one):', ...lines].join('\n'),
    );
  }
  if (unowned.length > 0) {
    const lines = unowned.map(({ store, target, count }) => `  ${count} in ${store} (${target})`);
    parts.push(['Belonging to no corpus, so that nothing here will ever touch them:', ...lines].join('\n'));
  }
  if (problems.length > 0) {
    parts.push(['Could not be found out:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
    if (runs.length === 0) return parts.join('\n\n');
  }
  parts.push(runs.length === 0 ? 'No runs yet.' : ['Last runs:', ...runs.map(runText)].join('\n'));
  return parts.join('\n\n');
}

function corpusText({ corpus, folder, wanted, stores }: CorpusState): string {
  const head = `${corpus}  (${folder})${wanted === null ? '' : `  ${wanted} chunks wanted`}`;
  if (stores === null) return `${head}\n  not known`;
  const lines = Object.entries(stores).map(([store, { target, count, stamp, state }]) => {
    const stamped = stamp === null || stamp.count === count ? '' : ` (stamp: ${stamp.count})`;
    return `  ${store.padEnd(7)} ${count}${stamped}  ${STATES[state]}  (${target})`;
  });
  return [head, ...lines].join('\n');
}

const OUTCOMES = { done: 'in step', differ: 'STORES DIFFER', failed: 'FAILED', overtaken: 'overtaken' } as const;

function runText({ startedAt, corpus, fence, kind, end, model, state }: Status['runs'][number]): string {
  const head = `  ${startedAt.slice(0, 19)}Z  ${corpus} #${fence} ${kind}`;
  if (end === undefined) {
    return `${head}  ${state === 'open' ? 'under way, or killed' : 'did not end: killed, or overtaken'}`;
  }
  const outcome = end.outcome === 'done' && kind === 'drop' ? 'dropped' : OUTCOMES[end.outcome];
  const error = end.error === null ? '' : ` (${end.error})`;
  return [`${head}  ${outcome}${error}`, duration(startedAt, end.finishedAt), ...workOf(end), model ?? '']
    .filter((part) => part !== '')
    .join('; ');
}

function workOf({ counts, tokensPaid, tokensSaved }: NonNullable<RunRecord['end']>): string[] {
  const { pointsWritten, pointsDeleted, rowsWritten, rowsDeleted } = counts;
  const parts: string[] = [];
  if (pointsWritten !== null || pointsDeleted !== null) {
    parts.push(`points +${pointsWritten ?? 0} -${pointsDeleted ?? 0}`);
  }
  if (rowsWritten !== null || rowsDeleted !== null) parts.push(`rows +${rowsWritten ?? 0} -${rowsDeleted ?? 0}`);
  if (tokensPaid !== null) parts.push(`${tokensPaid} tokens paid, about ${tokensSaved ?? 0} saved`);
  return parts;
}

function duration(from: string, to: string): string {
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
}
