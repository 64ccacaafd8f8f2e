import {
  contentHashOf,
  isJsonObject,
  parseRecord,
  pointIdOf,
  relaxRecord,
  ROW_BYTES_MAX,
  rowTooLarge,
  sentTexts,
  TEXT_ALIASES,
  textWindows,
  WINDOWS_MAX,
  type Chunk,
  type Conversion,
  type IndexedChunk,
  type JsonValue,
  type OverlongMode,
  type Rejection,
  type TextMeasure,
} from '@lockstep/model';
import { OWN_KEYS } from '../input/shapes/own-record.ts';
import type { ShapedRecord } from '../input/shapes/shaped-records.ts';
import { RECORD_BYTES_MAX } from '../input/read-options.ts';
import type { FieldName, OverlongChoice, OverlongTexts } from '../receipts.ts';

/** What decides whether a record is accepted, and as what. */
export interface AcceptOptions {
  /** Says which texts are too long, and what is sent of them. */
  readonly embedder: TextMeasure;
  /** What becomes of texts that are too long; asked for with the first. */
  readonly overlong: () => Promise<OverlongChoice>;
  /** Whether what would have to be converted is rejected instead. */
  readonly strict: boolean;
}

/** A record that was accepted, as a chunk. */
export interface AcceptedRecord {
  readonly chunk: IndexedChunk;
  /** Whether only the beginning of its text is embedded. */
  readonly isTruncated: boolean;
  readonly conversions: readonly Conversion[];
}

/** Counts texts that are too long, and asks with the first of them what becomes of them. */
export interface OverlongCounter {
  add(text: string, tokens: number): Promise<OverlongMode>;
  counted(): OverlongTexts | null;
}

export function countOverlong({ embedder, overlong }: Omit<AcceptOptions, 'strict'>): OverlongCounter {
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

type Result = AcceptedRecord | { readonly rejection: Rejection };

/** Makes a chunk of one record, or says why it is rejected. Only with a text that is too long there is something to wait for. */
export function acceptRecord(
  record: ShapedRecord,
  corpus: string,
  { embedder, strict }: Omit<AcceptOptions, 'overlong'>,
  overlong: OverlongCounter,
): Result | Promise<Result> {
  if (record.problem !== undefined) return { rejection: { ...record.problem, field: null } };
  if (record.value === undefined) {
    const message = `expected at most ${RECORD_BYTES_MAX} bytes in a record`;
    return { rejection: { code: 'too-large', field: null, message } };
  }
  if (record.nonFinite > 0 && strict) {
    return { rejection: { code: 'not-json', field: null, message: 'expected JSON, which has no NaN and no Infinity' } };
  }
  const parsed = parseLeniently(record.value, strict);
  if ('rejection' in parsed) return { rejection: inWordsOfInput(parsed.rejection, record) };
  const { chunk } = parsed;
  const isNumberChanged = record.nonFinite > 0 || (record.largeIntegers ?? 0) > 0;
  const conversions = isNumberChanged ? [NUMBER, ...parsed.conversions] : parsed.conversions;
  const tokens = embedder.tokensOver(chunk.text);
  const measured = { chunk, tokens, conversions };
  if (tokens === undefined) return acceptChunk(measured, corpus, embedder, 'truncate');
  return overlong.add(chunk.text, tokens).then((mode) => acceptChunk(measured, corpus, embedder, mode));
}

function acceptChunk(
  { chunk, tokens, conversions }: Pick<AcceptedRecord, 'conversions'> & { chunk: Chunk; tokens: number | undefined },
  corpus: string,
  embedder: TextMeasure,
  mode: OverlongMode,
): Result {
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

const MISSING_TEXT = {
  code: 'missing-text',
  field: 'text',
  message: `has no text: expected one of ${TEXT_ALIASES.join(', ')}`,
} as const;

/** A rejection that names the paths of the record in the input, in place of those of our own shape. */
function inWordsOfInput(given: Rejection, { from, missing = {} }: ShapedRecord): Rejection {
  // A record without an id lacks its text alone: with that an id would be derived.
  const isTextMissing = given.code === 'missing-id' && from?.text === undefined && missing.id === undefined;
  const rejection = from !== undefined && isTextMissing ? { ...given, ...MISSING_TEXT } : given;
  const { code } = rejection;
  const unmet = code === 'missing-id' ? 'id' : code === 'missing-text' ? 'text' : undefined;
  const path = unmet && missing[unmet];
  if (path !== undefined) {
    const what = unmet === 'id' ? 'has no id: expected a value' : 'has no text: expected a text';
    return { ...rejection, field: path, message: `${what} at ${JSON.stringify(path)} (fields.${unmet})` };
  }
  const [field] = Object.entries(OWN_KEYS).find(([, key]) => key === rejection.field) ?? [];
  return { ...rejection, field: from?.[field as FieldName] ?? rejection.field };
}

/** Where in the record they were is not known. */
const NUMBER: Conversion = { kind: 'number', field: '' };

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
