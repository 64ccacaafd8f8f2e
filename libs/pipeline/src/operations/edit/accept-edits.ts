import type { IndexedChunk, JsonValue, Rejection, TextMeasure } from '@lockstep/model';
import { acceptRecord, type OverlongCounter } from '../../accept/accept-record.ts';

/** A record that is no chunk, with its place in the list. */
export interface RejectedEdit extends Rejection {
  /** From 0. */
  readonly index: number;
}

const NO_LONG_TEXTS: OverlongCounter = { add: async () => 'reject', counted: () => null };

/**
 * Makes chunks of records, as `validate` with `--strict` does of a file in our own shape: nothing is converted, and a text that is too long
 * is rejected, as is an id that occurs twice.
 */
export async function acceptEdits(
  records: readonly JsonValue[],
  corpus: string,
  embedder: TextMeasure,
): Promise<{ readonly chunks: readonly IndexedChunk[]; readonly rejected: readonly RejectedEdit[] }> {
  const chunks = new Map<string, IndexedChunk>();
  const rejected: RejectedEdit[] = [];
  for (const [index, value] of records.entries()) {
    const record = { index, value, line: 0, nonFinite: 0 };
    const result = await acceptRecord(record, corpus, { embedder, strict: true }, NO_LONG_TEXTS);
    if ('rejection' in result) rejected.push({ ...result.rejection, index });
    else if (chunks.has(result.chunk.chunkId)) {
      const { chunkId } = result.chunk;
      rejected.push({ code: 'duplicate-id', field: 'id', message: 'expected each id once', chunkId, index });
    } else chunks.set(result.chunk.chunkId, result.chunk);
  }
  return { chunks: [...chunks.values()], rejected };
}
