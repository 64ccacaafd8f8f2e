import type { CallOptions, Embedder, IndexedChunk, Point } from '@lockstep/model';
import { comparablePoints, pointStateOf } from '../../compare/comparable-points.ts';
import { comparableRows } from '../../compare/comparable-rows.ts';
import { refuseForeignModel } from '../../compare/foreign-model.ts';
import { payloadIndexesOf, payloadOf } from '../../compare/projection.ts';
import type { ChunkLine } from '../../files/chunk-line.ts';
import type { PutReceipt } from '../../receipts.ts';
import { refuseLoadedCorpus } from '../../runs/edited-corpus.ts';
import { pointWriteKind } from '../../stages/load-qdrant.ts';
import type { WriteKind } from '../../stages/load-store.ts';
import { countUnconfirmedCharges } from '../../work/unconfirmed-charges.ts';
import { isUsable } from '../recover-embeddings.ts';
import { editRun, type EditContext, type EditOptions } from './edit-run.ts';

export interface PutOptions extends EditOptions {
  readonly embedder: Embedder;
}

/** What differs from a chunk in the stores. */
interface PutChange {
  readonly chunk: IndexedChunk;
  readonly row: boolean;
  readonly point: WriteKind | undefined;
}

/**
 * Makes both stores hold these chunks of a corpus, and leaves all others as they are. A chunk that both stores hold costs
 * nothing; a vector that the collection has under the same embedding key is not paid for again. Each text must fit the model.
 *
 * What is paid for is embedded before the fence is taken, so that edits seldom overtake each other.
 *
 * *Errors*: those of `editRun`; `model-mismatch` for a collection of another model, before anything is paid for or written.
 */
export async function putChunks(
  context: EditContext,
  options: PutOptions,
  chunks: readonly IndexedChunk[],
): Promise<PutReceipt> {
  const { corpus, clock, signal } = context;
  const { runId, vectors, rows, ledger, projection, embedder } = options;
  const call: CallOptions = { signal };
  const startedAt = clock.now();
  await refuseLoadedCorpus(corpus, options, call);
  const changes = await changesOf(chunks);
  const whole = changes.filter(({ point }) => point === 'whole').map(({ chunk }) => chunk);
  let embedded: Pick<PutReceipt, 'embedded' | 'reused' | 'tokens'> = { embedded: 0, reused: 0, tokens: 0 };
  if (changes.length > 0) {
    await rows.ensure(call);
    await ledger.ensure(call);
    await vectors.ensure({ dimensions: embedder.identity.dimensions, indexes: payloadIndexesOf(projection) }, call);
    await refuseForeignModel(vectors, projection.model, call);
    const { found, ...paid } = await vectorsFor(whole);
    embedded = paid;
    const pointOf = (chunk: IndexedChunk): Point => ({
      pointId: chunk.pointId,
      vector: found.get(chunk.embeddingKey) as Float32Array,
      payload: payloadOf(chunk, projection),
    });
    await editRun(context, options, {
      tokens: paid.tokens,
      async write({ fence, done, check }) {
        const changedRows = changes.filter(({ row }) => row).map(({ chunk }) => chunk);
        for (const items of rows.pack(changedRows)) {
          await rows.upsert({ corpus, fence, items }, call);
          done.rowsWritten += items.length;
        }
        for (const part of vectors.pack(whole.map(pointOf))) {
          await check();
          await vectors.upsert(part, call);
          done.pointsWritten += part.length;
        }
        const described = changes
          .filter(({ point }) => point === 'description')
          .map(({ chunk }) => ({ pointId: chunk.pointId, payload: payloadOf(chunk, projection) }));
        for (const part of vectors.pack(described)) {
          await check();
          await vectors.overwritePayloads(part, call);
          done.pointsWritten += part.length;
        }
      },
      differing: async () => (await changesOf(changes.map(({ chunk }) => chunk))).length,
    });
  }
  return {
    corpus,
    runId: changes.length > 0 ? runId : null,
    chunks: chunks.length,
    unchanged: chunks.length - changes.length,
    written: {
      qdrant: changes.filter(({ point }) => point !== undefined).length,
      neon: changes.filter(({ row }) => row).length,
    },
    ...embedded,
    targets: { qdrant: vectors.target, neon: rows.target },
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };

  /** Compares every field in both stores, with the hash of each row computed again. */
  async function changesOf(wanted: readonly IndexedChunk[]): Promise<PutChange[]> {
    const ids = wanted.map(({ pointId }) => pointId);
    const stored = new Map((await rows.rows(ids, call)).map((row) => [row.pointId, row]));
    const points = new Map((await vectors.points(ids, call)).map((point) => [point.pointId, pointStateOf(point)]));
    const rowsToCompare = comparableRows(rows, corpus, 'content', call);
    const pointsToCompare = comparablePoints(vectors, projection, 'content', call);
    const found: PutChange[] = [];
    for (const chunk of wanted) {
      const line: ChunkLine = { ...chunk, chunk: () => chunk };
      const row = stored.get(chunk.pointId);
      const point = points.get(chunk.pointId);
      const inRow = row?.corpus === corpus ? await rowsToCompare.compare(line, row) : MISSING;
      const inPoint = point === undefined ? MISSING : await pointsToCompare.compare(line, point);
      if (inRow === undefined && inPoint === undefined) continue;
      const kind = inPoint === undefined ? undefined : inPoint === MISSING ? 'whole' : pointWriteKind(inPoint);
      found.push({ chunk, row: inRow !== undefined, point: kind });
    }
    return found;
  }

  /** Vectors by embedding key: those that the collection has, and the others from the embedder. */
  async function vectorsFor(
    wanted: readonly IndexedChunk[],
  ): Promise<{ found: Map<string, Float32Array>; embedded: number; reused: number; tokens: number }> {
    const texts = new Map(wanted.map(({ embeddingKey, text }) => [embeddingKey, text]));
    const { dimensions } = embedder.identity;
    const stored = await vectors.vectorsOfKeys([...texts.keys()], call);
    const found = new Map([...stored].filter(([, vector]) => isUsable(vector, dimensions)));
    const reused = found.size;
    const missing = [...texts].filter(([key]) => !found.has(key));
    const charges = countUnconfirmedCharges(context, embedder);
    let tokens = 0;
    try {
      for (const indexes of embedder.pack(missing.map(([, text]) => text))) {
        const batch = indexes.map((at) => missing[at] as [string, string]);
        const reply = await embedder.embed(
          batch.map(([, text]) => text),
          call,
        );
        tokens += reply.tokens;
        for (const [at, [key]] of batch.entries()) found.set(key, reply.vectors[at] as Float32Array);
      }
    } catch (error) {
      throw charges.report(error);
    }
    return { found, embedded: missing.length, reused, tokens };
  }
}

const MISSING = { reason: 'missing', fields: [] } as const;
