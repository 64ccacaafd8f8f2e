import { utf8Bytes } from '@lockstep/model';
import { readChunkPages } from '../files/corpus-files.ts';
import type { ChunksElsewhere, ProbedStores } from '../receipts.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { Stores } from '../work/stores.ts';

/** Chunks of one query; their order is that of their point ids, which are hashes: the first are a sample. */
const ASKED_MAX = 1000;

/** Bytes of their ids. */
const ASKED_BYTES_MAX = 256 * 1024;

/**
 * Finds the chunks of a corpus under other names of the same table, and logs `chunks-elsewhere` where there are some. Asks only,
 * and once, for a corpus of which the stores that were looked at hold nothing.
 */
export async function chunksElsewhere(
  { artifacts, corpus, logger, signal }: StageContext,
  { rows }: Stores,
  stores: ProbedStores,
): Promise<ChunksElsewhere | null> {
  if (rows === undefined || Object.values(stores).some(({ count }) => count > 0)) return null;
  const asked: { chunkId: string; contentHash: string }[] = [];
  let bytes = 0;
  pages: for await (const page of readChunkPages(artifacts)) {
    for (const line of page) {
      const { chunkId } = line.chunk();
      bytes += utf8Bytes(chunkId);
      if (asked.length === ASKED_MAX || bytes > ASKED_BYTES_MAX) break pages;
      asked.push({ chunkId, contentHash: line.contentHash });
    }
  }
  if (asked.length === 0) return null;
  const corpora = await rows.elsewhere(corpus, asked, { signal });
  const [most] = corpora;
  if (most === undefined) return null;
  logger.warn('chunks-elsewhere', {
    asked: asked.length,
    stored: most.count,
    under: most.corpus,
    hint: `indexer rename ${most.corpus} ${corpus} moves them without paying`,
  });
  return { asked: asked.length, corpora };
}
