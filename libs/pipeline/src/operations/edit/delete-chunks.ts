import { pointIdOf, type CallOptions } from '@lockstep/model';
import type { DeleteReceipt } from '../../receipts.ts';
import { refuseLoadedCorpus } from '../../runs/edited-corpus.ts';
import { editRun, type EditContext, type EditOptions } from './edit-run.ts';

/**
 * Deletes chunks of a corpus from both stores. Ids that neither store has are no error, so that repeating it is safe.
 *
 * *Errors*: those of `editRun`.
 */
export async function deleteChunks(
  context: EditContext,
  options: EditOptions,
  chunkIds: readonly string[],
): Promise<DeleteReceipt> {
  const { corpus, clock, signal } = context;
  const { runId, vectors, rows, ledger } = options;
  const call: CallOptions = { signal };
  const startedAt = clock.now();
  await refuseLoadedCorpus(corpus, options, call);
  const pointIds = chunkIds.map((chunkId) => pointIdOf(corpus, chunkId));
  const stored = await storedIds();
  const absent = pointIds.filter((id) => !stored.points.includes(id) && !stored.rows.includes(id)).length;
  const isStored = absent < pointIds.length;
  if (isStored) {
    await rows.ensure(call);
    await ledger.ensure(call);
    await editRun(context, options, {
      tokens: 0,
      async write({ fence, done, check }) {
        if (stored.rows.length > 0) await rows.delete({ corpus, fence, items: stored.rows }, call);
        done.rowsDeleted += stored.rows.length;
        if (stored.points.length === 0) return;
        await check();
        await vectors.delete(stored.points, call);
        done.pointsDeleted += stored.points.length;
      },
      async differing() {
        const left = await storedIds();
        return new Set([...left.points, ...left.rows]).size;
      },
    });
  }
  return {
    corpus,
    runId: isStored ? runId : null,
    chunks: chunkIds.length,
    absent,
    deleted: { qdrant: stored.points.length, neon: stored.rows.length },
    targets: { qdrant: vectors.target, neon: rows.target },
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };

  async function storedIds(): Promise<{ readonly points: readonly string[]; readonly rows: readonly string[] }> {
    const points = await vectors.points(pointIds, call);
    const found = await rows.rows(pointIds, call);
    return { points: points.map(({ pointId }) => pointId), rows: found.map(({ pointId }) => pointId) };
  }
}
