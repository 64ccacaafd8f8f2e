import { readChunks } from './corpus-files.ts';
import type { DifferenceLog } from './difference-log.ts';
import { inBatches } from './in-batches.ts';
import type { StageContext } from './stage-context.ts';
import type { VerifyOptions } from './verify-options.ts';

/** Counts the chunks that have a sound vector in the slice, and names those that have none. */
export async function verifyCache(
  { artifacts, onProgress }: StageContext,
  { slice }: Pick<VerifyOptions, 'slice'>,
  log: DifferenceLog,
): Promise<number> {
  let found = 0;
  for await (const batch of inBatches(readChunks(artifacts))) {
    const vectors = await slice.vectors(batch.map(({ embeddingKey }) => embeddingKey));
    for (const [at, { pointId, chunkId }] of batch.entries()) {
      if (vectors[at] !== undefined) found += 1;
      else await log.add({ store: 'cache', kind: 'missing', point_id: pointId, chunk_id: chunkId, fields: [] });
    }
    onProgress?.(found, undefined);
  }
  return found;
}
