import {
  contentHashOf,
  createDigest,
  IndexingError,
  isJsonObject,
  parseRecord,
  pointIdOf,
  relaxRecord,
  ROW_BYTES_MAX,
  rowTooLarge,
  sentTexts,
  textWindows,
  WINDOWS_MAX,
  type Chunk,
  type Conversion,
  type Fields,
  type IndexedChunk,
  type JsonValue,
  type OverlongMode,
  type Rejection,
  type Scratch,
  type TextMeasure,
} from '@lockstep/model';
import { encodeHeldLine } from '../files/chunk-line.ts';
import { FILES } from '../files/corpus-files.ts';
import type { InputRecord } from '../input/input-record.ts';
import type { RandomAccess } from '../input/tables/read-parquet.ts';
import { RECORD_BYTES_MAX } from '../input/read-options.ts';
import type { Unpackers } from '../input/bytes/unpacked.ts';
import { readShapedRecords } from '../input/shapes/read-shaped-records.ts';
import { writeReceipt } from '../files/receipt-file.ts';
import { createRejectsFile } from '../files/rejects-file.ts';
import { decodeEntries, encodeEntry, encodeHeldEntry, type Entry } from '../files/chunk-entry.ts';
import { createLineSorter } from '../files/line-sorter.ts';
import type { StageContext } from '../work/stage-context.ts';
import { basisDigest } from './validate-basis.ts';
import type { OverlongChoice, OverlongTexts, RejectSum, ShapeReport, ValidateReceipt } from '../receipts.ts';
import { createConversionSums } from './conversion-sums.ts';
import { createRejectSums, isOverRejectLimit, tooManyRejected, type RejectLimit } from './reject-limit.ts';
import { createRepeatedIds } from './repeated-ids.ts';
import { tellDerivedIdsApart } from './tell-derived-ids-apart.ts';

export interface ValidateOptions {
  readonly input: {
    readonly name: string;
    readonly bytes: AsyncIterable<Uint8Array>;
    /** SHA-256 of the bytes, in hex; called when all of them were read. @default the receipt has no basis */
    readonly digest?: () => string;
    /** The same input in any order; Parquet needs it. */
    readonly access?: RandomAccess;
    /** Unpack what `DecompressionStream` does not. */
    readonly unpackers?: Unpackers;
  };
  /** Says which texts are too long, and what is sent of them. */
  readonly embedder: TextMeasure;
  /** What becomes of texts that are too long; asked for with the first. */
  readonly overlong: () => Promise<OverlongChoice>;
  /** Whether any rejected record fails the stage. */
  readonly strict: boolean;
  /** What the fields of a record are called. @default they are recognised */
  readonly fields?: Fields | undefined;
  /** How many records may be left out. @default any number */
  readonly rejectLimit?: RejectLimit | undefined;
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
  let second: Scratch | undefined;
  const chunks = await artifacts.write(FILES.chunks);
  const heldFile = await artifacts.write(FILES.held);
  const rejects = await createRejectsFile(context, options.listedMax);
  try {
    const sorter = createLineSorter(scratch);
    const rejectSums = createRejectSums();
    const conversions = createConversionSums();
    const reject = async (where: Parameters<typeof rejects.add>[0], rejection: Rejection): Promise<void> => {
      rejectSums.add({ index: where.index, line: 'inputLine' in where ? where.inputLine : where.line }, rejection);
      await rejects.add(where, rejection);
    };
    const shaped = await readShapedRecords(options.input, options);
    let records = 0;
    let derivedIds = 0;
    let textBytes = 0;
    let truncated = 0;
    const overlong = countOverlong(options);
    for await (const record of shaped.records) {
      context.signal?.throwIfAborted();
      records += 1;
      context.onProgress?.(records, undefined);
      const result = await accept(record, corpus, options, overlong);
      if ('chunk' in result) {
        if (result.isTruncated) {
          truncated += 1;
          logger.warn('text-truncated', { index: record.index, line: record.line, pointId: result.chunk.pointId });
        }
        if (record.isIdDerived) derivedIds += 1;
        conversions.add(record, result.conversions);
        await sorter.add(encodeEntry(record, result.chunk));
      } else {
        await reject(record, result.rejection);
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
    const repeated = createRepeatedIds();
    const lines =
      derivedIds === 0
        ? sorter.sorted()
        : tellDerivedIdsApart(corpus, decodeEntries(sorter.sorted()), (second = await artifacts.scratch()));
    for await (const entry of decodeEntries(lines)) {
      if (first?.pointId !== entry.pointId) {
        if (first !== undefined) await settle(first);
        first = entry;
      } else if (first.chunk === undefined) {
        if (entry.chunk !== undefined) first = entry;
      } else if (entry.chunk?.contentHash === first.chunk.contentHash) duplicates += 1;
      else if (entry.chunk !== undefined) {
        repeated.add(first, entry);
        await reject(entry, duplicateOf(first));
      }
    }
    if (first !== undefined) await settle(first);
    const report = shaped.report();
    const nothing = accepted === 0;
    const limit = options.rejectLimit;
    const isOver = limit !== undefined && isOverRejectLimit(rejects.count(), records, limit);
    if (nothing || isOver || report.missingPaths.length > 0 || (options.strict && rejects.count() > 0)) {
      await rejects.close();
      await chunks.discard();
      await heldFile.discard();
      if (report.missingPaths.length > 0) throw missingPath(report);
      if (isOver && repeated.count() * 2 > rejects.count()) throw repeated.error(shaped.pathOf);
      if (nothing) throw nothingAcceptable(records, rejectSums.sums());
      if (isOver) throw tooManyRejected(rejects.count(), records, rejectSums.sums());
      throw refusedUnderStrict(rejects.count());
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
      rejects: rejectSums.sums(),
      converted: conversions.sums(),
      shape: report,
      derivedIds,
      truncated,
      overlong: overlong.counted(),
      textBytes,
      embedder: options.embedder.identity,
      digest: digest.hex(),
      basis: basisOf(options, overlong.counted()),
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
    await second?.dispose();
  }
}

function basisOf({ input, embedder, fields }: ValidateOptions, overlong: OverlongTexts | null): string | null {
  const inputDigest = input.digest?.();
  if (inputDigest === undefined) return null;
  const { identity, inputTokensMax } = embedder;
  return basisDigest({ inputDigest, identity, inputTokensMax, overlong: overlong?.mode ?? null, fields });
}

/** Counts texts that are too long, and asks with the first of them what becomes of them. */
interface OverlongCounter {
  add(text: string, tokens: number): Promise<OverlongMode>;
  counted(): OverlongTexts | null;
}

function countOverlong({ embedder, overlong }: ValidateOptions): OverlongCounter {
  let counted: OverlongTexts | null = null;
  return {
    async add(text, tokens) {
      const { inputTokensMax } = embedder;
      const before = (counted ??= { ...(await overlong()), inputTokensMax, records: 0, windows: 0, tokens: 0 });
      const windows = textWindows(embedder, text, tokens);
      if (windows !== undefined) {
        counted = {
          ...before,
          records: before.records + 1,
          windows: before.windows + windows.length,
          tokens: windows.reduce((sum, window) => sum + window.tokens, before.tokens),
        };
      }
      return before.mode;
    },
    counted: () => counted,
  };
}

async function accept(
  record: InputRecord,
  corpus: string,
  { embedder, strict }: ValidateOptions,
  overlong: OverlongCounter,
): Promise<
  { chunk: IndexedChunk; isTruncated: boolean; conversions: readonly Conversion[] } | { rejection: Rejection }
> {
  if (record.problem !== undefined) return { rejection: { ...record.problem, field: null } };
  if (record.value === undefined) {
    const message = `expected at most ${RECORD_BYTES_MAX} bytes in a record`;
    return { rejection: { code: 'too-large', field: null, message } };
  }
  if (record.nonFinite > 0 && strict) {
    return { rejection: { code: 'not-json', field: null, message: 'expected JSON, which has no NaN and no Infinity' } };
  }
  const parsed = parseLeniently(record.value, strict);
  if ('rejection' in parsed) return parsed;
  const { chunk } = parsed;
  const conversions = record.nonFinite > 0 ? [NON_FINITE, ...parsed.conversions] : parsed.conversions;
  const tokens = embedder.tokensOver(chunk.text);
  const mode = tokens === undefined ? 'truncate' : await overlong.add(chunk.text, tokens);
  const sent = sentTexts(embedder, { text: chunk.text, tokens }, mode);
  if (sent === undefined) {
    const message = tooLong(embedder, Number(tokens), mode);
    return { rejection: { code: 'too-long', field: 'text', message, chunkId: chunk.chunkId } };
  }
  const large = rowTooLarge(chunk);
  if (large !== undefined) {
    const message = `expected at most ${ROW_BYTES_MAX} bytes in the row of a chunk, found ${large.bytes}`;
    return { rejection: { code: 'too-large', field: large.field, message, chunkId: chunk.chunkId } };
  }
  const pointId = pointIdOf(corpus, chunk.chunkId);
  const contentHash = contentHashOf(chunk);
  return {
    chunk: { ...chunk, pointId, contentHash, embeddingKey: sent.key },
    isTruncated: tokens !== undefined && mode === 'truncate',
    conversions,
  };
}

/** Where in the record they were is not known. */
const NON_FINITE: Conversion = { kind: 'number', field: '' };

/** Parses a record as it is, and where it would be rejected, once more with what can be made acceptable. */
function parseLeniently(
  record: JsonValue,
  strict: boolean,
): { chunk: Chunk; conversions: readonly Conversion[] } | { rejection: Rejection } {
  const exact = parseRecord(record);
  if (exact.ok) return { chunk: exact.chunk, conversions: [] };
  if (strict || !isJsonObject(record)) return { rejection: exact.rejection };
  const relaxed = relaxRecord(record);
  const result = parseRecord(relaxed.record);
  return result.ok ? { chunk: result.chunk, conversions: relaxed.conversions } : { rejection: exact.rejection };
}

function tooLong({ identity, inputTokensMax }: TextMeasure, tokens: number, mode: OverlongMode): string {
  const limit = `${inputTokensMax} tokens for ${identity.model}`;
  return mode === 'reject'
    ? `expected at most ${limit}, found ${tokens}; "overlong": "windows" embeds such a text whole, "truncate" its beginning`
    : `expected at most ${WINDOWS_MAX} windows of ${limit}, found ${tokens} tokens; "overlong": "truncate" embeds the beginning`;
}

function duplicateOf(first: Entry): Rejection {
  const message = `record ${first.index} (line ${first.inputLine}) has the same id and other content; the first is kept`;
  return { code: 'duplicate-id', field: 'chunk_id', message, chunkId: first.chunkId };
}

/** A path that the user gave and that no record has. */
function missingPath({ missingPaths, keysFound }: ShapeReport): IndexingError {
  const [first] = missingPaths;
  return new IndexingError({
    code: 'config-invalid',
    message: `fields.${first?.field}: no record has ${JSON.stringify(first?.path)}; the records have ${keysFound.join(', ')}.`,
  });
}

function nothingAcceptable(records: number, [first]: readonly RejectSum[]): IndexingError {
  const reason = first === undefined ? '' : ` ${first.count} of them: ${first.example.message} (${first.code}).`;
  return new IndexingError({
    code: 'input-nothing-acceptable',
    message: `None of the ${records} records of the input can be accepted.${reason} ${FILES.rejects} lists each. No store was touched.`,
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
