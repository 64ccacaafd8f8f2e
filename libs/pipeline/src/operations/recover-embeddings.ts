import {
  counted,
  IndexingError,
  type CacheEntry,
  type CallOptions,
  type Embedder,
  type EmbeddingCache,
  type StoredPoint,
  type VectorStore,
} from '@lockstep/model';
import { readChunks } from '../files/corpus-files.ts';
import { inBatches } from '../work/in-batches.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { RecoverReceipt } from '../receipts.ts';

export interface RecoverOptions {
  readonly vectors: VectorStore;
  readonly cache: EmbeddingCache;
  readonly identity: Embedder['identity'];
}

/**
 * Reads wanted vectors that the cache lacks from the points of the corpus, so that a machine with an empty disk need not
 * pay for them again. They are marked as recovered: a vector that came from a store proves nothing about that store.
 *
 * Fails with `not-recoverable` for a collection that does not keep float32 vectors of the wanted size.
 */
export async function recoverEmbeddings(
  { artifacts, corpus, clock, logger, signal }: StageContext,
  { vectors, cache, identity }: RecoverOptions,
): Promise<RecoverReceipt> {
  const call: CallOptions = { signal };
  const startedAt = clock.now();
  await refuseLossyCollection(vectors, identity.dimensions, call);
  const wanted = new Set<string>();
  for await (const { embeddingKey } of readChunks(artifacts)) {
    if (!cache.has(embeddingKey)) wanted.add(embeddingKey);
  }
  const wantedCount = wanted.size;
  let recovered = 0;
  let refused = 0;

  async function* candidates(): AsyncGenerator<{ pointId: string; key: string }> {
    if (wanted.size === 0) return;
    for await (const page of vectors.scan(corpus, call)) {
      for (const point of page) {
        const key = keyOf(point);
        if (key === undefined || !wanted.has(key)) continue;
        if (point.payload['model'] === identity.model) yield { pointId: point.pointId, key };
        else refused += 1;
      }
    }
  }

  for await (const batch of inBatches(candidates())) {
    const found = await vectors.vectors(
      batch.map(({ pointId }) => pointId),
      call,
    );
    const entries: CacheEntry[] = [];
    for (const { pointId, key } of batch) {
      const vector = found.get(pointId);
      if (vector === undefined || !wanted.has(key)) continue;
      if (isUsable(vector, identity.dimensions)) {
        entries.push({ key, vector, isRecovered: true });
        wanted.delete(key);
      } else refused += 1;
    }
    if (entries.length > 0) await cache.append(entries);
    recovered += entries.length;
    logger.debug('batch-recovered', { itemCount: entries.length, done: recovered });
  }
  logger.info('embeddings-recovered', { wanted: wantedCount, recovered, refused });
  return {
    corpus,
    target: vectors.target,
    wanted: wantedCount,
    recovered,
    refused,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };
}

async function refuseLossyCollection(vectors: VectorStore, dimensions: number, call: CallOptions): Promise<void> {
  const facts = await vectors.inspect(call);
  if (facts === undefined || (facts.datatype === 'float32' && facts.dimensions === dimensions)) return;
  const found =
    facts.dimensions === undefined
      ? 'named vectors'
      : `${facts.datatype} vectors of ${counted(facts.dimensions, 'dimension')}`;
  throw new IndexingError({
    code: 'not-recoverable',
    message: `The collection at ${vectors.target} holds ${found}; expected float32 of ${counted(dimensions, 'dimension')}.`,
    details: { target: vectors.target, found },
  });
}

function keyOf({ payload }: StoredPoint): string | undefined {
  const key = payload['embedding_key'];
  return typeof key === 'string' ? key : undefined;
}

/** Whether a vector that a store gave back can stand for one that the embedding service would give. */
export function isUsable(vector: Float32Array, dimensions: number): boolean {
  return vector.length === dimensions && vector.every(Number.isFinite) && vector.some((value) => value !== 0);
}
