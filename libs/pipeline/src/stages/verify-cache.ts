import { readChunks } from '../files/corpus-files.ts';
import type { DifferenceLog } from './difference-log.ts';
import { inBatches } from '../work/in-batches.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { VerifyInput } from './verify-options.ts';

/** How many chunks of the corpus the cache has vectors of. */
export interface CacheCounts {
  /** Chunks with a sound vector in the slice. */
  readonly found: number;
  /** Chunks whose text the embedding service refused. */
  readonly refused: number;
}

/** Counts the chunks that have a sound vector in the slice, and logs those that have none. */
export async function verifyCache(
  { artifacts, onProgress }: StageContext,
  { slice, refused }: VerifyInput,
  log: DifferenceLog,
): Promise<CacheCounts> {
  let found = 0;
  let without = 0;
  for await (const batch of inBatches(readChunks(artifacts))) {
    const vectors = await slice.vectors(batch.map(({ embeddingKey }) => embeddingKey));
    for (const [at, { pointId, chunkId, embeddingKey }] of batch.entries()) {
      if (refused.has(embeddingKey)) without += 1;
      else if (vectors[at] !== undefined) found += 1;
      else await log.add({ store: 'cache', kind: 'missing', point_id: pointId, chunk_id: chunkId, fields: [] });
    }
    onProgress?.(found, undefined);
  }
  return { found, refused: without };
}
