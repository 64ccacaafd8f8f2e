import { refusal, requestedCorpus, verifyFrom } from '@lockstep/routes';
import type { RoutesOptions } from './routes/routes-options.ts';

/** Slices of one event: 40 requests to the services, of the 50 that the free plan allows. */
export const SLICES_MAX = 20;

/** Differences that the log names. */
const LISTED_MAX = 20;

/** Where an event begins. Point ids are hashes, so that every part of a corpus has its turn, without a memory of the last one. */
export function randomStart(): string {
  return crypto.randomUUID();
}

/**
 * Verifies a part of the corpus, slice by slice from a point id on and from the beginning after the end: all of a corpus of
 * up to 4,000 chunks.
 *
 * *Errors*: `stores-differ`, after the log has named what differs.
 */
export async function verifyAtRandom(options: RoutesOptions, start: string): Promise<void> {
  const corpus = requestedCorpus(options, undefined);
  let [compared, differing] = [0, 0];
  let after: string | undefined = start;
  let isPastEnd = false;
  for (let slice = 0; slice < SLICES_MAX; slice += 1) {
    const report = await verifyFrom(options, corpus, after);
    compared += report.compared;
    differing += report.differences.length;
    for (const { store, kind, chunk_id, fields } of report.differences.slice(0, LISTED_MAX)) {
      options.logger.warn('chunk-differs', { corpus, store, kind, chunkId: chunk_id, fields: fields.join(' ') });
    }
    after = report.cursor ?? undefined;
    if (isPastEnd && (after === undefined || after >= start)) break;
    isPastEnd ||= after === undefined;
  }
  options.logger.info('corpus-verified', { corpus, compared, differences: differing });
  if (differing === 0) return;
  throw refusal('stores-differ', `${differing} of ${compared} chunks of ${corpus} are not the same in both stores`, {
    corpus,
    chunks: differing,
  });
}
