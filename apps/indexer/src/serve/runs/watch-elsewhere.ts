import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Artifacts } from '@lockstep/model';
import { FILES, readAttempts, receiptIfThere, type Attempt, type VerifyReceipt } from '@lockstep/pipeline';
import { createDiskArtifacts } from '../../runtime/disk-artifacts.ts';
import { corpusFolder } from '../../runtime/state-directory.ts';
import type { RunBoard } from './run-board.ts';
import { hasEnded, type RunView, type StageView } from '@lockstep/report';

/** Between two looks at the state directory, while a page watches. */
const LOOK_EVERY_MS = 1_000;

/** The receipts of stages, in the order in which a run writes them. */
const RECEIPTS = [
  ['validate', FILES.validateReceipt],
  ['provision', FILES.run],
  ['embed', FILES.embedReceipt],
  ['load-qdrant', FILES.loadQdrantReceipt],
  ['load-neon', FILES.loadNeonReceipt],
  ['verify', FILES.verifyReceipt],
] as const;

export interface WatchElsewhereOptions {
  readonly stateDirectory: string;
  readonly board: RunBoard;
  /** Whether this server runs a corpus, whose marks are then its own. */
  readonly isOwn: (corpus: string) => boolean;
  readonly hide: (text: string) => string;
}

/**
 * Tells of runs that other processes on this machine do on the same state directory: a run leaves a mark there while it is under way,
 * and a receipt for each stage that has ended. What happens within a stage, and on other machines, is not known.
 */
export async function lookElsewhere({ stateDirectory, board, isOwn, hide }: WatchElsewhereOptions): Promise<void> {
  for (const corpus of corporaIn(stateDirectory)) {
    if (isOwn(corpus)) continue;
    const artifacts = createDiskArtifacts(corpusFolder(stateDirectory, corpus), {
      path: () => join(stateDirectory, 'unused'),
      remove: () => {},
    });
    const attempts = await readAttempts(artifacts).catch((): Attempt[] => []);
    for (const attempt of attempts) {
      const id = idOf(corpus, attempt);
      const known = board.get(id);
      if (attempt.error !== null && (known === undefined || hasEnded(known))) continue;
      const view = await viewOf(corpus, id, attempt, artifacts, hide);
      if (JSON.stringify(view) !== JSON.stringify(known)) board.changed(id, () => view);
    }
    const ids = new Set(attempts.map((attempt) => idOf(corpus, attempt)));
    for (const gone of board.views()) {
      if (gone.origin === 'here' || gone.corpus !== corpus || gone.state !== 'open' || ids.has(gone.id)) continue;
      const ended = await endedView(gone, artifacts);
      board.changed(gone.id, () => ended);
    }
  }
}

/** Looks again and again while somebody watches the board, until the signal aborts. */
export async function watchElsewhere(options: WatchElsewhereOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted || options.board.watchers() === 0) continue;
    // A file that is being replaced is read again the next time.
    await lookElsewhere(options).catch(() => {});
  }
}

/** Names of corpora of which the state directory has files. */
function corporaIn(stateDirectory: string): string[] {
  try {
    return readdirSync(stateDirectory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    return [];
  }
}

/** One id for each beginning, so that the next run of the corpus is another one. */
function idOf(corpus: string, { step, startedAt }: Attempt): string {
  return `elsewhere/${corpus}/${step}/${startedAt ?? ''}`;
}

async function viewOf(
  corpus: string,
  id: string,
  { step: kind, startedAt, finishedAt, error }: Attempt,
  artifacts: Artifacts,
  hide: (text: string) => string,
): Promise<RunView> {
  return {
    ...{ id, corpus, kind, origin: 'elsewhere', state: error === null ? 'open' : 'failed', startedAt, finishedAt },
    stages: await stagesSince(startedAt, artifacts),
    error: error && { ...error, message: hide(error.message) },
    notes: [],
    text: null,
  };
}

/** A run whose mark is gone has ended with a verify, or was overtaken; a stage by itself has ended well. */
async function endedView(view: RunView, artifacts: Artifacts): Promise<RunView> {
  const stages = await stagesSince(view.startedAt, artifacts);
  const verified = await receiptIfThere<VerifyReceipt>(artifacts, FILES.verifyReceipt).catch(() => undefined);
  const isOfRun = verified !== undefined && stages.some(({ stage }) => stage === 'verify');
  return {
    ...view,
    stages,
    state: isOfRun ? (verified.ok ? 'done' : 'differs') : view.kind === 'run' ? 'ended' : 'done',
    finishedAt: stages.at(-1)?.finishedAt ?? null,
  };
}

async function stagesSince(since: string | null, artifacts: Artifacts): Promise<StageView[]> {
  const stages: StageView[] = [];
  for (const [stage, name] of RECEIPTS) {
    const receipt = await receiptIfThere<{ readonly startedAt?: string; readonly durationMs?: number }>(
      artifacts,
      name,
    ).catch(() => undefined);
    const { startedAt, durationMs = 0 } = receipt ?? {};
    if (startedAt === undefined || since === null || startedAt < since) continue;
    const finishedAt = new Date(Date.parse(startedAt) + durationMs).toISOString();
    const unknown = { done: null, total: null, tokens: 0, dollars: null };
    stages.push({ stage, state: 'done', startedAt, finishedAt, ...unknown });
  }
  return stages;
}
