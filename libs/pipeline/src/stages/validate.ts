import {
  contentHashOf,
  createDigest,
  embeddingKeyOf,
  IndexingError,
  parseRecord,
  pointIdOf,
  ROW_BYTES_MAX,
  rowTooLarge,
  type EmbedderIdentity,
  type Rejection,
  type IndexedChunk,
} from '@lockstep/model';
import { encodeHeldLine } from '../files/chunk-line.ts';
import { FILES } from '../files/corpus-files.ts';
import { readRecords, RECORD_BYTES_MAX, type InputRecord } from '../input/read-records.ts';
import { writeReceipt } from '../files/receipt-file.ts';
import { createRejectsFile } from '../files/rejects-file.ts';
import { decodeEntries, encodeEntry, encodeHeldEntry, type Entry } from '../files/chunk-entry.ts';
import { createLineSorter } from '../files/line-sorter.ts';
import type { StageContext } from '../work/stage-context.ts';
import { basisDigest } from './validate-basis.ts';
import type { ValidateReceipt } from '../receipts.ts';

export interface ValidateOptions {
  readonly input: {
    readonly name: string;
    readonly bytes: AsyncIterable<Uint8Array>;
    /** SHA-256 of the bytes, in hex; called when all of them were read. @default the receipt has no basis */
    readonly digest?: () => string;
  };
  readonly identity: EmbedderIdentity;
  readonly inputTokensMax: number;
  /** The number of tokens of a text if it is over the limit, undefined if it fits. */
  readonly tokensOver: (text: string) => number | undefined;
  /** The beginning of a text that is embedded when the text is too long. @default such a record is rejected */
  readonly fit?: (text: string) => string;
  /** Whether any rejected record fails the stage. */
  readonly strict: boolean;
  /** Records that the rejects file lists. @default LISTED_MAX */
  readonly listedMax?: number;
}

/**
 * Reads the input into chunks: `chunks.jsonl` sorted by point id, `held.jsonl`, `rejects.jsonl` and the receipt.
 *
 * A rejected record does not end the stage. The rejects file lists at most `listedMax` of them, and says how many more
 * there are; the held file lists all that are held. Of records with equal ids the first is accepted; a later one is a
 * duplicate if it is equal, and rejected if not. Fails, and writes no chunks, for input that is malformed, empty
 * or without any acceptable record, and under `strict` for any reject (`records-rejected`).
 */
export async function validate(context: StageContext, options: ValidateOptions): Promise<ValidateReceipt> {
  const { artifacts, corpus, clock, logger } = context;
  const startedAt = clock.now();
  await artifacts.remove(FILES.validateReceipt);
  const scratch = await artifacts.scratch();
  const chunks = await artifacts.write(FILES.chunks);
  const heldFile = await artifacts.write(FILES.held);
  const rejects = await createRejectsFile(context, options.listedMax);
  try {
    const sorter = createLineSorter(scratch);
    let records = 0;
    let textBytes = 0;
    let truncated = 0;
    for await (const record of readRecords(options.input.bytes, { name: options.input.name })) {
      context.signal?.throwIfAborted();
      records += 1;
      context.onProgress?.(records, undefined);
      const result = accept(record, corpus, options);
      if ('chunk' in result) {
        if (result.sent !== result.chunk.text) {
          truncated += 1;
          logger.warn('text-truncated', { index: record.index, line: record.line, pointId: result.chunk.pointId });
        }
        await sorter.add(encodeEntry(record, result.chunk));
      } else {
        await rejects.add(record, result.rejection);
        const { chunkId } = result.rejection;
        if (chunkId !== undefined) await sorter.add(encodeHeldEntry(record, pointIdOf(corpus, chunkId), chunkId));
      }
    }
    if (records === 0) throw new IndexingError({ code: 'input-empty', message: 'The input holds no record.' });

    const digest = createDigest();
    let accepted = 0;
    let duplicates = 0;
    let held = 0;
    const settle = async ({ pointId, chunkId, chunk, line }: Entry): Promise<void> => {
      if (chunk === undefined) {
        digest.update(`held ${pointId}\n`);
        await heldFile.write(`${encodeHeldLine({ pointId, chunkId })}\n`);
        held += 1;
        return;
      }
      digest.update(`${pointId} ${chunk.contentHash} ${chunk.embeddingKey}\n`);
      await chunks.write(`${line}\n`);
      accepted += 1;
      textBytes += chunk.textBytes;
    };
    // The first accepted entry of an id, or its first entry. Only one is in memory, since all records may have one id.
    let first: Entry | undefined;
    for await (const entry of decodeEntries(sorter.sorted())) {
      if (first?.pointId !== entry.pointId) {
        if (first !== undefined) await settle(first);
        first = entry;
      } else if (first.chunk === undefined) {
        if (entry.chunk !== undefined) first = entry;
      } else if (entry.chunk?.contentHash === first.chunk.contentHash) duplicates += 1;
      else if (entry.chunk !== undefined) await rejects.add(entry, duplicateOf(first));
    }
    if (first !== undefined) await settle(first);
    const nothing = accepted === 0;
    if (nothing || (options.strict && rejects.count() > 0)) {
      await rejects.close();
      await chunks.discard();
      await heldFile.discard();
      throw nothing ? nothingAcceptable(records) : refusedUnderStrict(rejects.count());
    }
    await chunks.close();
    await heldFile.close();
    await rejects.close();
    const receipt: ValidateReceipt = {
      stage: 'validate',
      corpus,
      records,
      accepted,
      rejected: rejects.count(),
      duplicates,
      held,
      truncated,
      textBytes,
      embedder: options.identity,
      digest: digest.hex(),
      basis: basisOf(options),
      startedAt: new Date(startedAt).toISOString(),
      durationMs: clock.now() - startedAt,
    };
    await writeReceipt(artifacts, FILES.validateReceipt, receipt);
    logger.info('corpus-validated', { records, accepted, rejected: receipt.rejected, duplicates, held });
    return receipt;
  } catch (error) {
    await Promise.all([chunks.discard(), heldFile.discard(), rejects.discard()]);
    throw error;
  } finally {
    await scratch.dispose();
  }
}

function basisOf({ input, identity, inputTokensMax, fit }: ValidateOptions): string | null {
  const inputDigest = input.digest?.();
  return inputDigest === undefined
    ? null
    : basisDigest({ inputDigest, identity, inputTokensMax, truncates: fit !== undefined });
}

function accept(
  record: InputRecord,
  corpus: string,
  options: ValidateOptions,
): { chunk: IndexedChunk; sent: string } | { rejection: Rejection } {
  if (record.value === undefined) {
    const message = `expected at most ${RECORD_BYTES_MAX} bytes in a record`;
    return { rejection: { code: 'too-large', field: null, message } };
  }
  const result = parseRecord(record.value);
  if (!result.ok) return { rejection: result.rejection };
  const { chunk } = result;
  const tokens = options.tokensOver(chunk.text);
  if (tokens !== undefined && options.fit === undefined) {
    const message = `expected at most ${options.inputTokensMax} tokens for ${options.identity.model}, found ${tokens}`;
    return { rejection: { code: 'too-long', field: 'text', message, chunkId: chunk.chunkId } };
  }
  const large = rowTooLarge(chunk);
  if (large !== undefined) {
    const message = `expected at most ${ROW_BYTES_MAX} bytes in the row of a chunk, found ${large.bytes}`;
    return { rejection: { code: 'too-large', field: large.field, message, chunkId: chunk.chunkId } };
  }
  const sent = tokens === undefined || options.fit === undefined ? chunk.text : options.fit(chunk.text);
  const pointId = pointIdOf(corpus, chunk.chunkId);
  const contentHash = contentHashOf(chunk);
  return { chunk: { ...chunk, pointId, contentHash, embeddingKey: embeddingKeyOf(options.identity, sent) }, sent };
}

function duplicateOf(first: Entry): Rejection {
  const message = `record ${first.index} (line ${first.inputLine}) has the same id and other content; the first is kept`;
  return { code: 'duplicate-id', field: 'chunk_id', message, chunkId: first.chunkId };
}

function nothingAcceptable(records: number): IndexingError {
  return new IndexingError({
    code: 'input-nothing-acceptable',
    message: `None of the ${records} records of the input can be accepted; ${FILES.rejects} says why. No store was touched.`,
    details: { records },
  });
}

function refusedUnderStrict(rejected: number): IndexingError {
  return new IndexingError({
    code: 'records-rejected',
    message: `${rejected} ${rejected === 1 ? 'record was' : 'records were'} rejected; ${FILES.rejects} says why.`,
    details: { rejected },
  });
}
