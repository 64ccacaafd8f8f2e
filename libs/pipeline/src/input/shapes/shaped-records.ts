import { ID_ALIASES, isJsonObject, type JsonObject, type JsonValue } from '@lockstep/model';
import type { FieldName, LikelyFields, ShapeReport } from '../../receipts.ts';
import type { InputRecord } from '../input-record.ts';
import { formatFieldPath, isSet, parseFieldPath, valueAt } from './field-path.ts';
import { createNameFinder, KNOWN_DOCUMENTS } from './known-names.ts';
import { createOwnRecords, type OwnRecord, type UserFields } from './own-record.ts';
import { createLikelyFields } from './likely-fields.ts';
import { isOwn, OWN_SHAPE, type RecognisedShape } from './recognise-shape.ts';
import type { Shape } from './shape.ts';

/** A record of the input in our own shape. */
export interface ShapedRecord extends InputRecord {
  /** Whether its id was derived from document and text. @default false */
  readonly isIdDerived?: boolean;
  /** Where its fields came from; undefined for a record that is as it was in the input. */
  readonly from?: OwnRecord['from'];
  /** The record as it was in the input. @default its value, where that is as it was */
  readonly raw?: JsonObject;
  /** Paths that the user gave for its id or its text, and at which it has none. */
  readonly missing?: OwnRecord['missing'];
}

/** Paths of one field that are reported. */
const PATHS_MAX = 5;

/** Columns of a chunk whose values a record may have under another name. */
const COLUMN_FIELDS: Readonly<Record<string, FieldName>> = {
  chunk_id: 'id',
  document_id: 'document',
  chapter_title: 'title',
  page_number: 'page',
  created_at: 'created',
};

/** Keys that an error lists, and UTF-16 units of each. */
const KEYS_MAX = 30;
const KEY_UNITS_MAX = 60;

/** The shape of records of which nothing is known but what the user says. */
const ANY: Shape = { name: 'fields', about: '', has: [] };

/** Brings records into our own shape, one at a time, and keeps count of where their fields came from. */
export function createShaper(recognised: RecognisedShape | undefined, fields: UserFields = {}, strict = false) {
  const isOwnShape = recognised?.shape === OWN_SHAPE && Object.keys(fields).length === 0;
  const shape = recognised === undefined || recognised.shape === OWN_SHAPE ? ANY : recognised.shape;
  const name = isOwnShape ? OWN_SHAPE : (recognised?.shape as Shape | undefined)?.name;
  const counts = new Map<FieldName, Map<string, number>>();
  const unseen = new Map(
    (Object.entries(fields) as [FieldName, readonly string[]][]).flatMap(([field, paths]) =>
      paths.map((path) => [`${field} ${path}`, { field, path, keys: parseFieldPath(path) }] as const),
    ),
  );
  const ownRecordOf = createOwnRecords(shape, fields);
  /** Records by where their ids come from, those of our own shape included. */
  const idSources = new Map<string, number>();
  /** Keys of records, each with those of the object that it may have as its value. */
  const keysFound = new Map<string, Set<string>>();
  const likely = createLikelyFields();
  let vectorsLeftOut = 0;
  /** The first record, in which paths are looked up. */
  let first: JsonObject | undefined;

  function unfold({ value, key }: InputRecord): readonly JsonValue[] {
    if (value === undefined) return [];
    const records = shape.unfold?.(value, key);
    // What does not unfold is judged as it is.
    return records === undefined || records.length === 0 ? [value] : records;
  }

  function look(record: JsonObject): void {
    // Where all paths were found and no more keys are listed, a record has nothing new to say.
    if (unseen.size === 0 && keysFound.size >= KEYS_MAX) return;
    for (const name of Object.keys(record)) {
      const key = name.slice(0, KEY_UNITS_MAX);
      if (!keysFound.has(key) && keysFound.size < KEYS_MAX) keysFound.set(key, new Set());
      if (unseen.size > 0) lookInside(key, record[name]);
    }
    for (const [at, { keys }] of unseen) if (isSet(valueAt(record, keys))) unseen.delete(at);
  }

  function lookInside(key: string, value: JsonValue | undefined): void {
    const inner = keysFound.get(key);
    if (inner === undefined || !isJsonObject(value)) return;
    for (const each of Object.keys(value)) if (inner.size < KEYS_MAX) inner.add(each.slice(0, KEY_UNITS_MAX));
  }

  return {
    /** The records that are in one of the input; one that cannot be read as an object stays as it is. */
    *shape(record: InputRecord): Generator<ShapedRecord> {
      if (isOwnShape && isJsonObject(record.value)) first ??= record.value;
      if (record.value === undefined || (isOwnShape && (isOwn(record.value) || !isJsonObject(record.value)))) {
        const own = isJsonObject(record.value) ? record.value : undefined;
        const alias = own && ID_ALIASES.find((each) => isSet(own[each]));
        if (alias !== undefined) count(idSources, alias);
        yield record;
        return;
      }
      for (const value of unfold(record)) {
        if (!isJsonObject(value)) {
          yield { ...record, value };
          continue;
        }
        first ??= value;
        look(value);
        const own = ownRecordOf(value);
        // In our own shape a record without id or text is taken otherwise only where that gives it both.
        const isUsable =
          own.from.text !== undefined && own.from.id !== undefined && !(own.from.id === 'derived' && hasIdValue(value));
        if (isOwnShape && (strict || !isUsable)) {
          yield record;
          continue;
        }
        vectorsLeftOut += own.vectors;
        if (own.from.text === undefined && fields.text === undefined) likely.look(value);
        for (const [field, path] of Object.entries(own.from) as [FieldName, string][]) {
          const paths = counts.get(field) ?? new Map<string, number>();
          counts.set(field, paths);
          count(paths, path);
        }
        const { from, missing } = own;
        if (from.id !== undefined) count(idSources, idSourceOf(from));
        yield { ...record, value: own.value, isIdDerived: from.id === 'derived', from, missing, raw: value };
      }
    },
    /** The path in a record of what a chunk has under a name; undefined where there is no one path. */
    pathOf(name: string): string | undefined {
      const field = COLUMN_FIELDS[name];
      const [path] = field === undefined ? [] : [...(counts.get(field)?.keys() ?? [])];
      const names = path !== undefined ? [] : name === 'chunk_id' ? ID_ALIASES : [name];
      const keys = [['metadata'], ...(shape.metadata ?? []).map((root) => [...parseFieldPath(root)])];
      const candidates = [
        ...(path === undefined ? [] : [path]),
        ...names,
        ...(name === 'chunk_id' ? [] : keys.map((root) => formatFieldPath([...root, name]))),
      ];
      return candidates.find((each) => first !== undefined && isSet(valueAt(first, parseFieldPath(each))));
    },
    /** Where the first record has what may name its document. */
    documentPath(): string | undefined {
      const path = first && createNameFinder(KNOWN_DOCUMENTS)(first);
      return path && formatFieldPath(path);
    },
    report(): ShapeReport {
      const from = Object.fromEntries(
        [...counts].map(([field, paths]) => [
          field,
          [...paths]
            .map(([path, count]) => ({ path, count }))
            .toSorted((a, b) => b.count - a.count)
            .slice(0, PATHS_MAX),
        ]),
      );
      return {
        shape: name ?? ANY.name,
        from,
        idSource: [...idSources].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null,
        vectorsLeftOut,
        ...likelyOf(likely.found()),
        missingPaths: [...unseen.values()].map(({ field, path }) => ({ field, path })),
        keysFound: [...keysFound].flatMap(([key, inner]) =>
          inner.size === 0 ? [key] : [...inner].map((each) => formatFieldPath([key, each])),
        ),
      };
    },
  };
}

/** Nothing where nothing was found, so that receipts say no more than they did. */
function likelyOf(likely: LikelyFields): Pick<ShapeReport, 'likely'> {
  return likely.text === undefined && likely.lists.length === 0 ? {} : { likely };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Where an id comes from: its path, or what it was derived from, since another document or text gives another id. */
function idSourceOf({ id, document, text }: OwnRecord['from']): string {
  return id === 'derived' ? `derived from ${document === undefined ? '' : `${document} and `}${text}` : String(id);
}

/** Whether a record has an id under one of our names, though perhaps one that cannot be used: then none is derived. */
function hasIdValue(record: JsonObject): boolean {
  return ID_ALIASES.some((name) => isSet(record[name]));
}
