import { pointIdOf, STORES, type CallOptions, type Point } from '@lockstep/model';
import { createVectorCheck } from '../../compare/vector-distance.ts';
import { checkFence, type RunFence } from '../../runs/fence.ts';
import { inBatches } from '../../work/in-batches.ts';
import type { AllStores } from '../../work/stores.ts';
import { refused, type RenameNames } from './check-rename.ts';
import { isWhole, readContents, storedPages, type CorpusContents, type StoredChunk } from './corpus-contents.ts';

export interface CopyOptions extends AllStores, RenameNames {
  /** The runs of both names. */
  readonly fences: { readonly from: RunFence; readonly to: RunFence & { readonly fence: number } };
  readonly batchItems: number;
}

/** Copies the chunks of one name to another, each with the point id of that name and the vector of its point. Returns how many. */
export async function copyChunks(options: CopyOptions, call: CallOptions): Promise<number> {
  const { from, to, vectors, rows, ledger, fences, batchItems } = options;
  const { fence } = fences.to;
  for (const store of STORES) {
    await checkFence(fences.to, ledger, call.signal);
    await ledger.removeStamp(to, store, call);
  }

  async function* chunks(): AsyncGenerator<StoredChunk> {
    for await (const page of storedPages(from, options, call)) {
      for (const { row, point } of page) {
        if (row === undefined || point === undefined || !isWhole(from, { row, point })) throw changed(options);
        yield { row, point };
      }
    }
  }
  let copied = 0;
  for await (const batch of inBatches(chunks(), batchItems)) {
    const found = await vectors.vectors(
      batch.map(({ row }) => row.pointId),
      call,
    );
    const points = batch.map(({ row, point }): Point => {
      const vector = found.get(row.pointId);
      if (vector === undefined) throw changed(options);
      return {
        pointId: pointIdOf(to, row.chunkId),
        vector,
        payload: { ...(point.payload as Point['payload']), corpus: to },
      };
    });
    await checkFence(fences.from, ledger, call.signal);
    for (const part of vectors.pack(points)) {
      await checkFence(fences.to, ledger, call.signal);
      await vectors.upsert(part, call);
    }
    const renamed = batch.map(({ row }) => ({ ...row, pointId: pointIdOf(to, row.chunkId) }));
    for (const items of rows.pack(renamed)) await rows.upsert({ corpus: to, fence, items }, call);
    copied += batch.length;
  }
  return copied;
}

/** What both names hold, read back. Fails with `rename-refused` unless it is the same: rows, payloads, vectors and counts. */
export async function compareCopies(
  options: CopyOptions,
  call: CallOptions,
): Promise<{ original: CorpusContents; copy: CorpusContents }> {
  const { from, to, vectors, rows } = options;
  const original = await readContents(from, options, call);
  const copy = await readContents(to, options, call);
  const counts = [await vectors.count(to, call), await rows.count(to, call)];
  const isSame = original.contents === copy.contents && original.apart + copy.apart === 0;
  if (!isSame || counts.some((count) => count !== original.chunks)) throw changed(options);

  const isSameVector = createVectorCheck(vectors, call);
  async function* chunkIds(): AsyncGenerator<string> {
    for await (const page of rows.scan(from, call)) for (const { chunkId } of page) yield chunkId;
  }
  for await (const batch of inBatches(chunkIds())) {
    const [before, after] = await Promise.all(
      [from, to].map((corpus) =>
        vectors.vectors(
          batch.map((chunkId) => pointIdOf(corpus, chunkId)),
          call,
        ),
      ),
    );
    for (const chunkId of batch) {
      const one = before?.get(pointIdOf(from, chunkId));
      const other = after?.get(pointIdOf(to, chunkId));
      if (one === undefined || other === undefined || !(await isSameVector(one, other))) throw changed(options);
    }
  }
  return { original, copy };
}

function changed({ from, to }: RenameNames): Error {
  return refused(
    'rename-refused',
    `The stores changed while ${from} was copied to ${to}: both names do not hold the same. Rename again when no other program writes.`,
  );
}
