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

/** Text names whose every other spelling counts too. */
const simplified = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');

/**
 * The path of the first of these names that a record has with a value that will do: at the top, then in its `metadata`, each
 * first as it is written here, then in any letter case and with or without underscores.
 */
export function findKnownName(
  record: JsonObject,
  names: readonly string[],
  willDo: (value: JsonValue) => boolean = isSet,
): FieldPath | undefined {
  const { metadata } = record;
  for (const [prefix, object] of [
    [[], record],
    [['metadata'], isJsonObject(metadata) ? metadata : undefined],
  ] as const) {
    if (object === undefined) continue;
    const usable = (key: string): boolean => isSet(object[key]) && willDo(object[key]);
    const exact = names.find((name) => Object.hasOwn(object, name) && usable(name));
    if (exact !== undefined) return [...prefix, exact];
    for (const name of names) {
      const key = Object.keys(object).find((each) => simplified(each) === simplified(name) && usable(each));
      if (key !== undefined) return [...prefix, key];
    }
  }
  return undefined;
}
