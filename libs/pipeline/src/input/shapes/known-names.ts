import { ID_ALIASES, isJsonObject, type JsonObject, type JsonValue } from '@lockstep/model';
import { isSet, type FieldPath } from './field-path.ts';

/** Names of an id, in the order in which they are looked for. */
export const KNOWN_IDS = [...ID_ALIASES, '_id', 'id_', 'element_id', 'node_id', 'uuid', 'point_id', 'passage_id'];

/** Names of a text, in the order in which they are looked for: a whole text before a part of it. */
export const KNOWN_TEXTS = [
  ...['text', 'content', 'chunk_text', 'page_content', 'pageContent', 'body', 'contents', 'passage', 'passage_text'],
  ...['chunk', 'chunk_content', 'paragraph', 'segment', 'raw_text', 'full_text', 'plain_text', 'page_text', 'markdown'],
  ...['document', 'sentence', 'embedText', 'text_snippet_preview', 'snippet'],
].filter((name, at, all) => all.indexOf(name) === at);

/** Names of a text in files that have none under the names above: what these say is otherwise about the text. */
export const LAST_TEXTS = ['description', 'summary', 'abstract'];

/** Names of the document that a chunk is of. */
export const KNOWN_DOCUMENTS = [
  'document_id',
  'doc_id',
  'docid',
  'source',
  'file_path',
  'file_name',
  'filename',
  'url',
];

export const KNOWN_TITLES = ['chapter_title', 'title', 'heading', 'section'];
export const KNOWN_PAGES = ['page_number', 'page', 'page_no', 'pageNumber', 'page_label'];
export const KNOWN_DATES = ['created_at', 'createdAt', 'creation_date', 'date', 'published_at', 'updated_at'];

/** Keys of records whose other spellings are remembered; more are looked at anew. */
const SPELLINGS_MAX = 10_000;

const spellings = new Map<string, string>();

/** A key without what differs between its spellings: letter case and what stands between words. */
function simplified(key: string): string {
  const known = spellings.get(key);
  if (known !== undefined) return known;
  const simple = key.toLowerCase().replaceAll(/[\s_-]/g, '');
  if (spellings.size < SPELLINGS_MAX) spellings.set(key, simple);
  return simple;
}

/** Whether a key is one of some names, in any letter case and with or without what stands between words. */
export function isNamed(key: string, names: readonly string[]): boolean {
  return names.some((name) => simplified(name) === simplified(key));
}

/** Gives the path of a value that will do, under one of some names. */
export type NameFinder = (record: JsonObject, willDo?: (value: JsonValue) => boolean) => FieldPath | undefined;

/**
 * Makes a function that finds the path of the first of these names that a record has with a value that will do: at the top,
 * then in its `metadata`, each first as it is written here, then in any letter case and with or without underscores.
 */
export function createNameFinder(names: readonly string[]): NameFinder {
  const ranks = new Map<string, number>();
  for (const [rank, name] of names.entries()) if (!ranks.has(simplified(name))) ranks.set(simplified(name), rank);

  function findIn(object: JsonObject, willDo: (value: JsonValue) => boolean): string | undefined {
    const usable = (key: string): boolean => isSet(object[key]) && willDo(object[key]);
    const exact = names.find((name) => Object.hasOwn(object, name) && usable(name));
    if (exact !== undefined) return exact;
    let found: string | undefined;
    let foundRank = names.length;
    for (const key of Object.keys(object)) {
      const rank = ranks.get(simplified(key)) ?? names.length;
      if (rank < foundRank && usable(key)) [found, foundRank] = [key, rank];
    }
    return found;
  }

  return (record, willDo = isSet) => {
    const top = findIn(record, willDo);
    if (top !== undefined) return [top];
    const { metadata } = record;
    const key = isJsonObject(metadata) ? findIn(metadata, willDo) : undefined;
    return key === undefined ? undefined : ['metadata', key];
  };
}
