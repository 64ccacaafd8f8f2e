import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/model';
import { isSet, valueAt, type FieldPath } from './field-path.ts';
import { createNameFinder, isNamed, KNOWN_IDS, KNOWN_TEXTS, LAST_TEXTS } from './known-names.ts';

/** Where a part has an id made of its document's and its own, since parts count anew in each document. */
export const PART_ID = 'document_id + id';

/** Names of lists whose strings are texts; under other names they may be tags. */
export const LISTS_OF_TEXTS = [
  ...['paragraphs', 'passages', 'sentences', 'verses', 'segments', 'sections', 'texts', 'pages', 'parts', 'lines'],
];

/** What is about a document itself, and not about its parts. */
const NAMES_OF_ITS_OWN = [...KNOWN_IDS, ...KNOWN_TEXTS, ...LAST_TEXTS];

const DOCUMENT_IDS = ['document_id', 'doc_id', ...KNOWN_IDS.filter((name) => name !== 'chunk_id'), 'source', 'url'];

/**
 * The key under which most of these records hold a list of parts with a text, where they have no text themselves. Undefined
 * where there is none, or more than one such list: which one is meant must then be said.
 */
export function listOfParts(
  records: readonly JsonValue[],
  hasText: (record: JsonObject) => boolean,
): string | undefined {
  const objects = records.filter((record) => isJsonObject(record));
  const counts = new Map<string, number>();
  for (const record of objects)
    for (const key of partLists(record, hasText)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const [only, ...others] = counts;
  if (only === undefined || others.length > 0 || only[1] * 2 < records.length) return undefined;
  return objects.some(hasText) ? undefined : only[0];
}

/** The keys under which a record holds a list of parts with a text. */
export function partLists(record: JsonObject, hasText: (record: JsonObject) => boolean): readonly string[] {
  return Object.entries(record).flatMap(([key, value]) => {
    if (!Array.isArray(value) || value.length === 0) return [];
    const texts = value.filter((part) =>
      typeof part === 'string' ? isNamed(key, LISTS_OF_TEXTS) : isJsonObject(part) && hasText(part),
    );
    return texts.length * 2 >= value.length ? [key] : [];
  });
}

/**
 * Makes the function that gives the parts of a document, with the fields of the document that they do not have themselves.
 * They stand in the lists that the path goes through: in `sections.paragraphs` in each section. `textKey`: where a part has its
 * text, which it never takes from its document.
 */
export function partsAt(path: FieldPath, textKey?: string): (record: JsonValue) => readonly JsonObject[] {
  return (record) => {
    if (!isJsonObject(record)) return [];
    const length = path.findIndex((_, at) => Array.isArray(valueAt(record, path.slice(0, at + 1)))) + 1;
    const parts = length === 0 ? [] : (valueAt(record, path.slice(0, length)) as readonly JsonValue[]);
    const fieldsOf = createFieldsOfPart(record, [path[0] as string, textKey ?? '', ...partLists(record, hasKnownText)]);
    const found = parts.map(fieldsOf);
    return length === path.length ? found : found.flatMap(partsAt(path.slice(length), textKey));
  };
}

/** `without`: keys of the document that its parts do not get, such as other lists of parts. */
function createFieldsOfPart(record: JsonObject, without: readonly string[]): (part: JsonValue) => JsonObject {
  const { [PART_ID]: ownId, metadata = null } = record;
  const shared = Object.fromEntries(
    Object.entries(record).filter(
      ([key]) => !without.includes(key) && key !== 'metadata' && key !== PART_ID && !isNamed(key, NAMES_OF_ITS_OWN),
    ),
  );
  const documentId = DOCUMENT_IDS.map((name) => record[name]).find(isScalar);
  return (part) => {
    const own: JsonObject = typeof part === 'string' ? { text: part } : isJsonObject(part) ? part : { part };
    const partId = KNOWN_IDS.map((name) => own[name]).find(isScalar);
    const inner = own['metadata'] ?? null;
    return {
      ...shared,
      ...(documentId === undefined ? {} : { document_id: documentId }),
      ...(isSet(metadata) ? { metadata } : {}),
      ...own,
      ...(isJsonObject(metadata) && isJsonObject(inner) ? { metadata: { ...metadata, ...inner } } : {}),
      ...(documentId === undefined || partId === undefined
        ? {}
        : { [PART_ID]: JSON.stringify([ownId ?? documentId, partId]) }),
    };
  };
}

const findText = createNameFinder(KNOWN_TEXTS);

/** Whether a record has a text under one of the usual names. */
export function hasKnownText(record: JsonObject): boolean {
  return findText(record, (value) => typeof value === 'string' && value !== '') !== undefined;
}

function isScalar(value: JsonValue | undefined): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}
