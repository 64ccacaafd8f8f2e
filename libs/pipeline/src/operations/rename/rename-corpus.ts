import {
  STORES,
  type CallOptions,
  type DeleteMode,
  type RunEnd,
  type RunStart,
  type Stamp,
  type StoreName,
} from '@lockstep/model';
import { storeDigest } from '../../compare/store-digest.ts';
import type { RenameReceipt } from '../../receipts.ts';
import { EDITED_INPUT } from '../../runs/edited-corpus.ts';
import { endFailedRun, NO_COUNTS } from '../../runs/end-run.ts';
import { overtaken } from '../../runs/fence.ts';
import { overlongChoice } from '../../runs/overlong-choice.ts';
import { encodeIdSource, remembered } from '../../runs/remembered.ts';
import { takeCorpus } from '../../runs/take-corpus.ts';
import type { StageContext } from '../../work/stage-context.ts';
import type { AllStores } from '../../work/stores.ts';
import { deleteCorpus } from '../delete-corpus.ts';
import { checkRename, type RenameNames } from './check-rename.ts';
import { compareCopies, copyChunks } from './copy-chunks.ts';
import type { CorpusContents } from './corpus-contents.ts';

export interface RenameOptions extends AllStores, RenameNames {
  readonly runId: string;
  /** Chunks in one request, at most. */
  readonly batchItems: number;
  /** A fresh random nonce. */
  readonly nonce: () => string;
}

const DELETE_MODES: readonly DeleteMode[] = ['full', 'document', 'none'];

/**
 * Gives a corpus another name without paying: copies its rows and points, those that are retained too, reads the copies
 * back, and then deletes the originals. It holds the fences of both names, so that loads under way stop.
 *
 * A rename that was cut short goes on when it is run again: under the old name it is a drop in the run table, under the new
 * one a rename with the same run id, which is done when the copies are complete. Only then is anything deleted.
 *
 * *Errors*: those of `checkRename`, `rename-refused` when the copies differ, `overtaken`.
 */
export async function renameCorpus(
  context: Pick<StageContext, 'clock' | 'logger' | 'signal'>,
  options: RenameOptions,
): Promise<RenameReceipt> {
  const { clock, logger, signal } = context;
  const { from, to, vectors, rows, ledger, batchItems } = options;
  const call: CallOptions = { signal };
  const startedAt = new Date(clock.now());
  await rows.ensure(call);
  await ledger.ensure(call);
  const { step, runId = options.runId } = await checkRename(options, options, call);
  const base = {
    runId,
    digest: '',
    model: null,
    qdrantTarget: vectors.target,
    neonTarget: rows.target,
    startedAt: startedAt.toISOString(),
  };
  const copied = { qdrant: 0, neon: 0 };
  let deleted: RenameReceipt['deleted'] = { qdrant: 0, neon: 0 };
  const fences = new Map<string, number>();
  try {
    if (step === 'copy') {
      const start: RunStart = { ...base, kind: 'rename', ...(await rememberedBy(options, call)) };
      const fence = await takeCorpus(to, start, options, call);
      fences.set(to, fence);
      fences.set(from, await takeCorpus(from, { ...base, kind: 'drop' }, options, call));
      const runs = { to: { corpus: to, runId, fence }, from: { corpus: from, runId, fence: Number(fences.get(from)) } };
      const copying = { ...options, fences: runs };
      copied.qdrant = copied.neon = await copyChunks(copying, call);
      const compared = await compareCopies(copying, call);
      for (const store of STORES) await copyStamp(store, compared, options, runs.to, call);
      await end(to, { pointsWritten: copied.qdrant, rowsWritten: copied.neon, pointsDeleted: 0, rowsDeleted: 0 });
      logger.info('corpus-copied', { from, to, itemCount: copied.neon });
    }
    if (step !== 'done') {
      const fence = fences.get(from) ?? (await takeCorpus(from, { ...base, kind: 'drop' }, options, call));
      fences.set(from, fence);
      deleted = await deleteCorpus({ corpus: from, signal }, { ...options, runId, fence, batchItems });
      const written = { pointsWritten: 0, rowsWritten: 0 };
      await end(from, { ...written, pointsDeleted: deleted.qdrant, rowsDeleted: deleted.neon });
    }
  } catch (error) {
    // A run that has its end keeps it.
    for (const [corpus, fence] of fences) await endFailedRun(ledger, { corpus, clock, signal, fence }, error);
    throw error;
  }
  logger.info('corpus-renamed', { from, to, points: deleted.qdrant, rows: deleted.neon });
  return {
    corpus: to,
    from,
    runId,
    step,
    copied,
    deleted,
    targets: { qdrant: vectors.target, neon: rows.target },
    startedAt: startedAt.toISOString(),
    durationMs: clock.now() - startedAt.getTime(),
  };

  async function end(corpus: string, done: Partial<RunEnd['counts']>): Promise<void> {
    const finished: RunEnd = {
      finishedAt: new Date(clock.now()).toISOString(),
      outcome: 'done',
      error: null,
      counts: {
        ...NO_COUNTS,
        qdrant: await vectors.count(corpus, call),
        neon: await rows.count(corpus, call),
        ...done,
      },
      tokensPaid: null,
      tokensSaved: null,
      embeddedAt: null,
    };
    await ledger.endRun(corpus, Number(fences.get(corpus)), finished, call);
  }
}

/**
 * What the next run of the new name must know of the old one: its long texts and where its ids come from. Not its input, from
 * which the old name may have come: that of the next run counts. A corpus that was written by edits stays one.
 */
async function rememberedBy({ from, ledger }: RenameOptions, call: CallOptions): Promise<Partial<RunStart>> {
  const { mode } = await overlongChoice(from, ledger, call);
  const { ids, input } = await remembered(from, ledger, call);
  return {
    overlong: mode,
    ...(ids && { shape: encodeIdSource(ids) }),
    ...(input === EDITED_INPUT && { input }),
  };
}

/** A store that had a stamp under the old name gets the same one under the new name; one whose count has changed since, none. */
async function copyStamp(
  store: StoreName,
  { original, copy }: { readonly original: CorpusContents; readonly copy: CorpusContents },
  { from, to, vectors, rows, ledger, nonce }: RenameOptions,
  run: { readonly runId: string; readonly fence: number },
  call: CallOptions,
): Promise<void> {
  const before = await ledger.stamp(from, store, call);
  const { projection } = copy;
  if (before === undefined || before.count !== original.chunks) return;
  if (store === 'qdrant' && projection === null) return;
  const digestOf = ({ digest }: CorpusContents, deletes: DeleteMode): string =>
    store === 'qdrant'
      ? storeDigest({ digest }, { target: vectors.target, deletes, projection })
      : storeDigest({ digest }, { target: rows.target, deletes, projection: null });
  // With retained chunks no mode fits: the next run then compares ids and hashes, and finds nothing to write.
  const deletes = DELETE_MODES.find((mode) => digestOf(original, mode) === before.digest) ?? 'full';
  const stamp: Stamp = { digest: digestOf(copy, deletes), nonce: nonce(), count: copy.chunks };
  if (await ledger.writeStamp(to, store, { stamp, fence: run.fence }, call)) return;
  throw overtaken({ corpus: to, ...run }, (await ledger.fenceHolder(to, call))?.runId);
}
