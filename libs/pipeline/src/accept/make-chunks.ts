import {
  createDigest,
  didYouMean,
  IndexingError,
  pointIdOf,
  type Artifacts,
  type Fields,
  type Rejection,
  type Scratch,
} from '@lockstep/model';
import { chunkIdOf, decodeEntry, encodeEntry, encodeHeldEntry, type Entry } from '../files/chunk-entry.ts';
import { createLineSorter } from '../files/line-sorter.ts';
import { whereListed, type LinePlace } from '../files/rejects-file.ts';
import type { InputFiles } from '../input/input-file.ts';
import { readInputFiles, type FormOfFiles } from '../input/read-input-files.ts';
import { placeText, type RecordPlace } from '../input/record-place.ts';
import type { ShapedRecord } from '../input/shapes/shaped-records.ts';
import type { FilesReport, RepeatedIds, ShapeReport, ValidateReceipt } from '../receipts.ts';
import type { StageContext } from '../work/stage-context.ts';
import { acceptRecord, countOverlong, type AcceptedRecord, type AcceptOptions } from './accept-record.ts';
import { createConversionSums } from './conversion-sums.ts';
import { createRejectSums, isOverRejectLimit, type RejectLimit } from './reject-limit.ts';
import { nothingAcceptable, refusedUnderStrict, tooManyRejected } from './refusals.ts';
import { createRepeatedIds } from './repeated-ids.ts';
import { tellDerivedIdsApart } from './tell-derived-ids-apart.ts';

export interface MakeChunksOptions extends AcceptOptions {
  readonly input: InputFiles;
  /** What the fields of a record are called. @default they are recognised */
  readonly fields?: Fields | undefined;
  /** How many records may be left out. @default any number */
  readonly rejectLimit?: RejectLimit | undefined;
  /** Whether lines of chunks have their texts; without, there is less to sort. @default true */
  readonly withTexts?: boolean;
}

/** Where what is made goes. */
export interface ChunkSinks {
  /** A line of `chunks.jsonl`, in the order of point ids, after all records were read. */
  chunk(line: string): Promise<void>;
  /** A line of `held.jsonl`, in the same order. */
  held(line: string): Promise<void>;
  /** A rejected record; it is given with what was read of it, but where only its id is at fault. */
  reject(where: LinePlace, rejection: Rejection, record?: ShapedRecord): Promise<void>;
  /** A record that is accepted by itself, in the order of the input; that it repeats an id shows at the end. */
  accept?(record: ShapedRecord, accepted: AcceptedRecord): void;
}

/** What a stage is given, as far as it is needed to make chunks. */
export type MakeChunksContext = Pick<StageContext, 'corpus' | 'logger' | 'signal' | 'onProgress'> & {
  readonly artifacts: Pick<Artifacts, 'scratch' | 'placeOf'>;
};

/** What was made of an input. */
export interface MadeChunks {
  /** What the receipt says of it. */
  readonly sums: ChunkSums;
  /** The files by their shapes; undefined where the input is one file. */
  readonly files: FilesReport | undefined;
  /** `inputDigestOf` the files; null where it is not known. */
  readonly inputDigest: string | null;
  readonly forms: readonly FormOfFiles[];
  /** Records that have the id of another one and differ from it; null where there are none. */
  readonly repeated: RepeatedIds | null;
  /** The path in a record of what a chunk has under a name; undefined where there is no one path. */
  readonly pathOf: (name: string) => string | undefined;
  /** Why the input as a whole is refused. */
  readonly refusal: IndexingError | undefined;
}

type ChunkSums = Required<
  Pick<
    ValidateReceipt,
    | 'records'
    | 'accepted'
    | 'rejected'
    | 'duplicates'
    | 'held'
    | 'rejects'
    | 'converted'
    | 'shape'
    | 'derivedIds'
    | 'documents'
    | 'truncated'
    | 'overlong'
    | 'textBytes'
    | 'digest'
  >
>;

/**
 * Reads the input into chunks, sorted by point id, with bounded memory: each record is accepted or rejected by itself; of
 * those with equal ids the first counts, an equal one is a duplicate and any other rejected.
 *
 * What the input is refused for as a whole is in `refusal`, when all was read. Fails as `readRecords` does, and with
 * `input-empty`.
 */
export async function makeChunks(
  context: MakeChunksContext,
  options: MakeChunksOptions,
  sinks: ChunkSinks,
): Promise<MadeChunks> {
  const { artifacts, corpus, logger } = context;
  const { withTexts = true } = options;
  const scratch = await artifacts.scratch();
  let second: Scratch | undefined;
  try {
    const sorter = createLineSorter(scratch);
    const rejects = createRejectSums();
    const conversions = createConversionSums();
    const input = readInputFiles(options.input, options);
    const linePlaceOf = ({ index, line }: LinePlace): LinePlace => ({ ...input.placeOf(index), line });
    const reject = async (where: LinePlace, rejection: Rejection, record?: ShapedRecord): Promise<void> => {
      const place = linePlaceOf(where);
      rejects.add(place, rejection);
      await sinks.reject(place, rejection, record);
    };
    let records = 0;
    let derivedIds = 0;
    let textBytes = 0;
    let truncated = 0;
    const overlong = countOverlong(options);
    const take = (record: ShapedRecord, result: AcceptedRecord): Promise<void> | undefined => {
      if (result.isTruncated) {
        truncated += 1;
        logger.warn('text-truncated', { ...linePlaceOf(record), pointId: result.chunk.pointId });
      }
      if (record.isIdDerived === true) derivedIds += 1;
      if (result.conversions.length > 0) conversions.add(linePlaceOf(record), result.conversions);
      sinks.accept?.(record, result);
      return sorter.add(encodeEntry(record, withTexts ? result.chunk : { ...result.chunk, text: '' }));
    };
    for await (const batch of input.batches) {
      for (const record of batch) {
        context.signal?.throwIfAborted();
        records += 1;
        context.onProgress?.(records, undefined);
        // Nearly all records need no waiting, which would cost more than some of what is done with them.
        const accepting = acceptRecord(record, corpus, options, overlong);
        const result = accepting instanceof Promise ? await accepting : accepting;
        if ('chunk' in result) {
          const spilling = take(record, result);
          if (spilling !== undefined) await spilling;
          continue;
        }
        await reject(record, result.rejection, record);
        const { chunkId } = result.rejection;
        if (chunkId !== undefined) await sorter.add(encodeHeldEntry(record, pointIdOf(corpus, chunkId), chunkId));
      }
    }
    if (records === 0) throw new IndexingError({ code: 'input-empty', message: 'The input holds no record.' });

    const digest = createDigest();
    let accepted = 0;
    let duplicates = 0;
    let held = 0;
    let withDocument = 0;
    const settle = async ({ pointId, chunk, line }: Entry): Promise<void> => {
      if (chunk === undefined) {
        digest.update(`held ${pointId}\n`);
        await sinks.held(`${line}\n`);
        held += 1;
        return;
      }
      digest.update(`${pointId} ${chunk.contentHash} ${chunk.embeddingKey}\n`);
      await sinks.chunk(`${line}\n`);
      accepted += 1;
      textBytes += chunk.textBytes;
      if (chunk.hasDocument) withDocument += 1;
    };
    // The first accepted entry of an id, or its first entry. Only one is in memory, since all records may have one id.
    let first: Entry | undefined;
    const repeated = createRepeatedIds();
    const pages =
      derivedIds === 0
        ? sorter.sortedPages()
        : tellDerivedIdsApart(corpus, sorter.sortedPages(), (second = await artifacts.scratch()));
    for await (const page of pages) {
      for (const text of page) {
        const entry = decodeEntry(text);
        if (first?.pointId !== entry.pointId) {
          if (first !== undefined) await settle(first);
          first = entry;
        } else if (first.chunk === undefined) {
          if (entry.chunk !== undefined) first = entry;
        } else if (entry.chunk?.contentHash === first.chunk.contentHash) duplicates += 1;
        else if (entry.chunk !== undefined) {
          repeated.add(first, entry);
          await reject(
            { index: entry.index, line: entry.inputLine },
            duplicateOf(first, { ...input.placeOf(first.index), line: first.inputLine }),
          );
        }
      }
    }
    if (first !== undefined) await settle(first);

    const rejected = rejects.count();
    const shape = input.report();
    const refuse = (): IndexingError | undefined => {
      const { rejectLimit: limit, strict } = options;
      const listed = whereListed(artifacts);
      const isOver = limit !== undefined && isOverRejectLimit(rejected, records, limit);
      if (shape.missingPaths.length > 0) return missingPath(shape);
      if (isOver && repeated.count() * 2 > rejected) return repeated.error(input);
      if (accepted === 0) return nothingAcceptable(records, rejects.sums(), shape, listed);
      if (isOver) return tooManyRejected(rejected, records, rejects.sums(), listed);
      return strict && rejected > 0 ? refusedUnderStrict(rejected, rejects.sums(), listed) : undefined;
    };
    const sums: ChunkSums = {
      records,
      accepted,
      rejected,
      duplicates,
      held,
      rejects: rejects.sums(),
      converted: conversions.sums(),
      shape,
      derivedIds,
      documents: { chunks: withDocument, path: withDocument === 0 ? (input.documentPath() ?? null) : null },
      truncated,
      overlong: overlong.counted(),
      textBytes,
      digest: digest.hex(),
    };
    return {
      sums,
      files: input.files(),
      inputDigest: input.digest(),
      forms: input.forms(),
      pathOf: input.pathOf,
      repeated: repeated.count() === 0 ? null : repeated.report(input.pathOf),
      refusal: refuse(),
    };
  } finally {
    await scratch.dispose();
    await second?.dispose();
  }
}

function duplicateOf(first: Entry, place: RecordPlace): Rejection {
  const message = `${placeText(place)}, has the same id and other content; the first is kept`;
  return { code: 'duplicate-id', field: 'chunk_id', message, chunkId: chunkIdOf(first) };
}

/** A path that the user gave and that no record has. */
function missingPath({ missingPaths, keysFound }: ShapeReport): IndexingError {
  const [{ field, path } = { field: 'id', path: '' }] = missingPaths;
  const meant = didYouMean(path, keysFound);
  return new IndexingError({
    code: 'config-invalid',
    message: `fields.${field}: no record has ${JSON.stringify(path)}.${meant} The records have ${keysFound.join(', ')}.`,
    details: { field, path },
  });
}
