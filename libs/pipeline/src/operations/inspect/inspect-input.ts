import {
  createTextMeasure,
  ID_ALIASES,
  isJsonObject,
  TEXT_ALIASES,
  utf8Bytes,
  WINDOWS_MAX,
  type IndexingError,
  type JsonObject,
  type JsonValue,
  type MeasuredModel,
  type OverlongMode,
  type TextMeasure,
} from '@lockstep/model';
import { makeChunks, type MakeChunksContext, type MakeChunksOptions } from '../../accept/make-chunks.ts';
import type { FormOfFiles } from '../../input/read-input-files.ts';
import { isSet } from '../../input/shapes/field-path.ts';
import type { ShapedRecord } from '../../input/shapes/shaped-records.ts';
import type { ConversionSum, FieldName, FilesReport, RejectSum, RepeatedIds, ShapeReport } from '../../receipts.ts';
import { createKeyTally, type KeySummary } from './key-tally.ts';
import { createLengthHistogram, type LengthBin } from './length-histogram.ts';
import { createTextSet } from './text-set.ts';
import { createTokenTally, type TokenTally } from './token-tally.ts';

export interface InspectOptions extends Pick<MakeChunksOptions, 'input' | 'strict' | 'fields' | 'rejectLimit'> {
  /** What would become of texts that are too long. */
  readonly mode: OverlongMode;
  /** The models whose tokens are counted; the first is the one in use. */
  readonly models: readonly [MeasuredModel, ...MeasuredModel[]];
  /** UTF-16 units of texts that are counted exactly for each model. @default 16 Mi */
  readonly exactUnitsMax?: number;
}

/** What a file of chunks holds, and what would become of it. */
export interface Inspection {
  /** In what form the files came, that of the first file first. */
  readonly forms: readonly FormOfFiles[];
  /** The files by their shapes; null where the input is one file. */
  readonly files: FilesReport | null;
  readonly shape: string;
  /** Records for each path of each field, the most frequent first. */
  readonly from: ShapeReport['from'];
  readonly records: number;
  /** Records that become chunks. */
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  /** Why records are rejected, the most frequent reason first. */
  readonly rejects: readonly RejectSum[];
  readonly converted: readonly ConversionSum[];
  readonly vectorsLeftOut: number;
  readonly ids: {
    /** Records whose id is made of document and text, since they have none. */
    readonly derived: number;
    readonly repeated: RepeatedIds | null;
  };
  /** The texts of records that are accepted by themselves. */
  readonly texts: {
    readonly count: number;
    /** Different ones; equal texts are embedded once. */
    readonly distinct: number;
    readonly bytes: number;
    /** By their tokens of the model in use. */
    readonly lengths: readonly LengthBin[];
  };
  /** What would become of texts that are too long. */
  readonly overlong: OverlongMode;
  /** What the texts take of each model; the first is the one in use. */
  readonly models: readonly TokenTally[];
  /** Keys of the metadata of chunks, and the labels that have columns of their own. */
  readonly keys: readonly KeySummary[];
  /** Keys of rejected records. */
  readonly rejectedKeys: readonly KeySummary[];
  /** The text key that rejected records might have, by its long texts; null where there is none. */
  readonly textCandidate: string | null;
}

/** Mean UTF-16 units of what may be a text. */
const TEXT_UNITS_MIN = 20;

/** Paths of a field that are listed. */
const PATHS_MAX = 5;

/**
 * Reads an input as `validate` does, and tells what it holds and what would become of it. One pass, bounded memory; it asks
 * no service and writes nothing but what is sorted, to the scratch.
 *
 * `refusal` is the error with which `validate` would end. What cannot be read at all fails as it does there.
 */
export async function inspectInput(
  context: MakeChunksContext,
  options: InspectOptions,
): Promise<{ readonly inspection: Inspection; readonly refusal: IndexingError | undefined }> {
  const { input, strict, fields, rejectLimit, mode, models } = options;
  const tallies = models.map((model) => createTokenTally(withMemory(model), options));
  const histogram = createLengthHistogram();
  const seen = createTextSet();
  const keys = createKeyTally();
  const rejectedKeys = createKeyTally();
  const paths = new Map<FieldName, Map<string, number>>();
  let texts = 0;
  let textBytes = 0;

  const made = await makeChunks(
    context,
    {
      input,
      strict,
      fields,
      rejectLimit,
      embedder: verdictMeasure(models[0], mode),
      overlong: async () => ({ mode, because: 'stated' }),
      withTexts: false,
    },
    {
      chunk: async () => {},
      held: async () => {},
      async reject(_where, _rejection, record) {
        if (isJsonObject(record?.value)) rejectedKeys.add(membersOf(record.value));
      },
      accept(record, { chunk }) {
        const bytes = utf8Bytes(chunk.text);
        texts += 1;
        textBytes += bytes;
        const isRepeated = !seen.add(chunk.embeddingKey);
        const [tokens] = tallies.map((tally) => tally.add(chunk.text, { bytes, isRepeated }));
        histogram.add(tokens as number);
        const { chapterTitle, pageNumber, createdAt, metadata } = chunk;
        keys.add({ chapter_title: chapterTitle, page_number: pageNumber, created_at: createdAt, ...metadata });
        for (const [field, path] of Object.entries(record.from ?? ownNames(record)) as [FieldName, string][]) {
          const counts = paths.get(field) ?? new Map<string, number>();
          if (counts.has(path) || counts.size < PATHS_MAX) counts.set(path, (counts.get(path) ?? 0) + 1);
          paths.set(field, counts);
        }
      },
    },
  );

  const candidate = rejectedKeys
    .keys()
    .filter(({ meanUnits }) => meanUnits !== null && meanUnits >= TEXT_UNITS_MIN)
    .toSorted((a, b) => (b.meanUnits ?? 0) * b.records - (a.meanUnits ?? 0) * a.records)
    .map(({ path }) => made.pathOf(path))
    .find((path) => path !== undefined);
  const { forms, repeated, sums } = made;
  const { records, accepted, rejected, duplicates, rejects, converted, shape, derivedIds } = sums;
  return {
    inspection: {
      forms,
      files: made.files ?? null,
      shape: shape.shape,
      from: Object.fromEntries(
        [...paths].map(([field, counts]) => [
          field,
          [...counts].map(([path, count]) => ({ path, count })).toSorted((a, b) => b.count - a.count),
        ]),
      ),
      records,
      accepted,
      rejected,
      duplicates,
      rejects,
      converted,
      vectorsLeftOut: shape.vectorsLeftOut,
      ids: { derived: derivedIds, repeated },
      texts: { count: texts, distinct: seen.count(), bytes: textBytes, lengths: histogram.bins() },
      overlong: mode,
      models: tallies.map(({ tally }) => tally()),
      keys: keys.keys().filter(({ records: having }) => having > 0),
      rejectedKeys: rejectedKeys.keys(),
      textCandidate: candidate ?? null,
    },
    refusal: made.refusal,
  };
}

/** Remembers the last text, which the verdict and the tally both count. */
function withMemory(model: MeasuredModel): MeasuredModel {
  let last: { readonly text: string; readonly tokens: number } | undefined;
  return {
    ...model,
    countTokens(text) {
      if (last?.text !== text) last = { text, tokens: model.countTokens(text) };
      return last.tokens;
    },
  };
}

/**
 * Counts the tokens of those texts alone whose acceptance may depend on it: all in mode `reject`, and those that may
 * take too many windows. The others are left to the tally, which need not count each.
 */
function verdictMeasure(model: MeasuredModel, mode: OverlongMode): TextMeasure {
  const measure = createTextMeasure(model);
  const bytesMax = mode === 'reject' ? model.inputTokensMax : (WINDOWS_MAX * model.inputTokensMax) / 2;
  return {
    ...measure,
    tokensOver(text) {
      if (mode === 'truncate' || utf8Bytes(text) <= bytesMax) return undefined;
      return measure.tokensOver(text);
    },
  };
}

/** The names that a record in our own shape has its fields under. */
function ownNames({ value }: ShapedRecord): Partial<Record<FieldName, string>> {
  if (!isJsonObject(value)) return {};
  const first = (names: readonly string[]): string | undefined => names.find((name) => isSet(value[name]));
  const names: Record<FieldName, string | undefined> = {
    id: first(ID_ALIASES),
    text: first(TEXT_ALIASES),
    document: first(['document_id']),
    title: first(['chapter_title']),
    page: first(['page_number']),
    created: first(['created_at']),
  };
  return Object.fromEntries(Object.entries(names).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The members of a record, those of its metadata among them, as they would be in the metadata of its chunk. */
function membersOf(record: JsonObject): JsonObject {
  const { metadata, ...others } = record as Record<string, JsonValue>;
  return isJsonObject(metadata) ? { ...others, ...metadata } : others;
}
