import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/model';
import { ACTION, createBulkJoiner } from './bulk-actions.ts';
import { unwrapExtendedJson } from './extended-json.ts';
import { listOfParts, PART_ID, partsAt } from './parts-of-documents.ts';
import { parseFieldPath, type FieldPath } from './field-path.ts';
import type { RecordsPlace, Shape } from './shape.ts';

/** In the path of a place: the only key that is there. */
export const ANY_KEY = '*';

const at = (...paths: readonly (readonly string[])[]): readonly RecordsPlace[] => paths.map((path) => ({ path }));
const keyedAt = (...path: readonly string[]): RecordsPlace => ({ path, keyed: true });

/** Where frameworks put the source of a text. */
const SOURCES = ['metadata.source', 'metadata.file_path', 'metadata.file_name', 'metadata.filename', 'metadata.url'];
const PAGES = ['metadata.page_number', 'metadata.page', 'metadata.loc.pageNumber'];

/** Names of a text in payloads of vector stores, the usual ones first. */
const PAYLOAD_TEXTS = ['text', 'page_content', 'content', 'document', 'chunk', 'chunk_text', 'body'];
const within = (prefix: string, names: readonly string[]): string[] => names.map((name) => `${prefix}.${name}`);
const PAYLOAD_SOURCES = ['source', 'metadata.source', 'file_name', 'filename', 'url', 'document_id', 'doc_id'];
const PAYLOAD_TITLES = ['title', 'metadata.title'];
const PAYLOAD_PAGES = ['page_number', 'page', 'metadata.page_number', 'metadata.page', 'metadata.loc.pageNumber'];

/** Those of what Chroma gives that are part of a chunk; its ids come first. */
const CHROMA_COLUMNS = [
  { name: 'ids', as: 'id' },
  { name: 'documents', as: 'document' },
  { name: 'metadatas', as: 'metadata' },
  { name: 'uris', as: 'uri' },
];

/** Objects that hold records under a name of no known tool. */
export const CONTAINERS = at(
  ...['records', 'documents', 'docs', 'results', 'rows', 'points', 'vectors', 'objects', 'entries'].map((key) => [key]),
  ...['value', 'values', 'nodes', 'elements', 'passages', 'texts', 'corpus', 'content', 'chunks'].map((key) => [key]),
  ['data', 'chunks'],
  ...['items', 'records', 'documents', 'docs', 'results', 'rows'].map((key) => ['data', key]),
  ['response', 'docs'],
  ['result', 'points'],
  ['hits', 'hits'],
);

/**
 * The shapes that are known, but for our own. Where several fit, the one with the most paths in `has` wins, and of equal
 * ones the earlier: a tool's own shape stands before the general ones.
 */
export const SHAPES: readonly Shape[] = [
  {
    name: 'langchain-serialized',
    about: 'LangChain, `dumps()`',
    has: ['lc', 'kwargs', ['kwargs.page_content', 'kwargs.pageContent']],
    id: ['kwargs.id', 'kwargs.metadata.id', 'kwargs.metadata.chunk_id'],
    text: ['kwargs.page_content', 'kwargs.pageContent'],
    document: within('kwargs', SOURCES),
    title: ['kwargs.metadata.title'],
    page: within('kwargs', PAGES),
    metadata: ['kwargs.metadata'],
    leaveOut: ['lc', 'type', 'id', 'kwargs'],
  },
  {
    name: 'langchain',
    about: 'LangChain documents, also `model_dump()`',
    has: [['page_content', 'pageContent'], 'metadata'],
    id: ['id', 'metadata.id', 'metadata.chunk_id', 'metadata._id'],
    text: ['page_content', 'pageContent'],
    document: SOURCES,
    title: ['metadata.title'],
    page: PAGES,
    leaveOut: ['type'],
  },
  {
    name: 'llamaindex-docstore',
    about: 'LlamaIndex `docstore.json`',
    has: ['__data__.id_', ['__data__.text', '__data__.text_resource.text']],
    places: [keyedAt('docstore/data')],
    id: ['__data__.id_'],
    text: ['__data__.text', '__data__.text_resource.text'],
    document: [
      '__data__.relationships.1.node_id',
      ...['file_path', 'file_name', 'source', 'url'].map((name) => `__data__.metadata.${name}`),
    ],
    title: ['__data__.metadata.title'],
    page: ['__data__.metadata.page_number', '__data__.metadata.page_label', '__data__.metadata.page'],
    created: ['__data__.metadata.creation_date'],
    metadata: ['__data__.metadata'],
    leaveOut: ['__type__'],
  },
  {
    name: 'mastra',
    about: 'Mastra, `MDocument.chunk()`',
    has: ['id_', 'text', 'metadataSeparator'],
    // The nodes of LlamaIndex, after which Mastra's were made, have these too.
    hasNot: ['type', 'class_name'],
    id: ['id_'],
    text: ['text'],
    document: ['relationships.SOURCE.nodeId', ...SOURCES],
    title: ['metadata.title'],
    page: PAGES,
    leaveOut: ['metadataSeparator', 'textTemplate', 'relationships'],
  },
  {
    name: 'llamaindex',
    about: 'LlamaIndex nodes, `to_dict()`',
    has: ['id_', ['text', 'text_resource.text']],
    id: ['id_'],
    text: ['text', 'text_resource.text'],
    document: ['relationships.1.node_id', 'relationships.SOURCE.nodeId', ...SOURCES],
    title: ['metadata.title'],
    page: ['metadata.page_number', 'metadata.page_label', 'metadata.page'],
    created: ['metadata.creation_date'],
  },
  {
    name: 'unstructured',
    about: 'Unstructured elements',
    has: ['element_id', 'type', 'text'],
    id: ['element_id'],
    text: ['text'],
    document: ['metadata.filename', 'metadata.url', 'metadata.data_source.url'],
    title: ['metadata.section'],
    page: ['metadata.page_number'],
    created: ['metadata.last_modified'],
  },
  {
    name: 'haystack',
    about: 'Haystack documents, versions 1 and 2',
    has: ['content', 'meta'],
    places: at([], ['documents']),
    id: ['id'],
    text: ['content'],
    document: ['meta.source_id', 'meta.file_path', 'meta.name', 'meta.url', 'meta.source'],
    title: ['meta.title'],
    page: ['meta.page_number', 'meta.page'],
    metadata: ['meta'],
    leaveOut: ['content_type', 'id_hash_keys', 'score', 'blob', 'dataframe'],
  },
  {
    name: 'docling',
    about: 'Docling chunks',
    has: ['text', 'meta.origin'],
    id: ['chunk_id', 'id'],
    text: ['text'],
    document: ['meta.origin.filename', 'meta.origin.uri'],
    title: ['meta.headings.0'],
    metadata: ['meta'],
  },
  {
    name: 'beir',
    about: 'BEIR `corpus.jsonl`',
    has: ['_id', 'text', 'title'],
    // That is MongoDB, whatever else its records have.
    hasNot: ['_id.$oid'],
    id: ['_id'],
    text: ['text'],
    title: ['title'],
  },
  {
    name: 'ms-marco-passages',
    about: 'MS MARCO v2 passages',
    has: ['pid', 'passage'],
    id: ['pid'],
    text: ['passage'],
    document: ['docid'],
  },
  {
    name: 'ms-marco-documents',
    about: 'MS MARCO v2 documents',
    has: ['docid', 'body'],
    id: ['docid'],
    text: ['body'],
    document: ['url'],
    title: ['title'],
  },
  {
    name: 'pyserini',
    about: 'Pyserini and Anserini collections',
    has: ['id', 'contents'],
    id: ['id'],
    text: ['contents'],
  },
  {
    name: 'mongodb',
    about: 'MongoDB, `mongoexport`',
    has: [['_id.$oid', '_id.$uuid', '_id.$numberInt', '_id.$numberLong']],
    id: ['_id'],
    text: PAYLOAD_TEXTS,
    unfold: (record) => asObjects(unwrapExtendedJson(record)),
  },
  {
    name: 'chroma',
    about: 'Chroma, `collection.get()` and `query()`',
    has: ['id'],
    places: [{ path: [], columns: CHROMA_COLUMNS }],
    id: ['id'],
    text: ['document', ...within('metadata', PAYLOAD_TEXTS)],
    document: [...SOURCES, 'metadata.document_id', 'metadata.doc_id'],
    title: ['metadata.title'],
    page: PAGES,
  },
  {
    name: 'pinecone',
    about: 'Pinecone upsert',
    has: ['id', ['values', 'sparseValues', 'sparse_values'], 'metadata'],
    places: at(['vectors'], []),
    id: ['id'],
    text: within('metadata', PAYLOAD_TEXTS),
    document: within('metadata', PAYLOAD_SOURCES),
    title: within('metadata', PAYLOAD_TITLES),
    page: within('metadata', PAYLOAD_PAGES),
    leaveOut: ['namespace', 'sparseValues', 'sparse_values'],
    unfold: withNodeContent('metadata'),
  },
  {
    name: 'pinecone-fetch',
    about: 'Pinecone fetch',
    has: ['id', 'values', 'metadata'],
    places: [keyedAt('vectors')],
    id: ['id'],
    text: within('metadata', PAYLOAD_TEXTS),
    document: within('metadata', PAYLOAD_SOURCES),
    title: within('metadata', PAYLOAD_TITLES),
    page: within('metadata', PAYLOAD_PAGES),
    leaveOut: ['sparseValues', 'sparse_values'],
    unfold: withNodeContent('metadata'),
  },
  {
    name: 'pinecone-query',
    about: 'Pinecone query',
    has: ['id', 'score', 'metadata'],
    places: at(['matches']),
    id: ['id'],
    text: within('metadata', PAYLOAD_TEXTS),
    document: within('metadata', PAYLOAD_SOURCES),
    title: within('metadata', PAYLOAD_TITLES),
    page: within('metadata', PAYLOAD_PAGES),
    leaveOut: ['score', 'values', 'sparseValues', 'sparse_values'],
    unfold: withNodeContent('metadata'),
  },
  {
    name: 'qdrant',
    about: 'Qdrant scroll and points',
    has: ['id', 'payload'],
    places: at(['result', 'points'], ['points'], ['result'], []),
    id: ['id'],
    text: within('payload', PAYLOAD_TEXTS),
    document: within('payload', PAYLOAD_SOURCES),
    title: within('payload', PAYLOAD_TITLES),
    page: within('payload', PAYLOAD_PAGES),
    metadata: ['payload', 'payload.metadata'],
    leaveOut: ['shard_key', 'order_value', 'version', 'score'],
    unfold: withNodeContent('payload'),
  },
  {
    name: 'weaviate',
    about: 'Weaviate objects',
    has: [['id', 'uuid'], 'properties', ['class', 'collection', 'vectors', 'vector']],
    places: at(['objects'], []),
    id: ['id', 'uuid'],
    text: within('properties', PAYLOAD_TEXTS),
    document: within('properties', PAYLOAD_SOURCES),
    title: within('properties', PAYLOAD_TITLES),
    page: within('properties', PAYLOAD_PAGES),
    created: ['creationTimeUnix'],
    metadata: ['properties'],
    leaveOut: ['lastUpdateTimeUnix', 'vectorWeights', 'vectors'],
    unfold: withNodeContent('properties'),
  },
  {
    name: 'weaviate-graphql',
    about: 'Weaviate, reply to a GraphQL query',
    has: ['_additional.id'],
    places: at(['data', 'Get', ANY_KEY]),
    id: ['_additional.id'],
    text: PAYLOAD_TEXTS,
    document: PAYLOAD_SOURCES,
    title: ['title'],
    page: ['page_number', 'page'],
    leaveOut: ['_additional'],
  },
  {
    name: 'azure-search',
    about: 'Azure AI Search, push and reply',
    has: [['@search.action', '@search.score']],
    places: at(['value'], []),
    id: ['id', 'key', 'chunk_id'],
    text: ['content', 'chunk', 'text', 'merged_content', 'description'],
    document: ['sourcefile', 'metadata_storage_path', 'url', 'parent_id'],
    title: ['title'],
    page: ['page', 'page_number'],
    leaveOut: [
      ...['action', 'score', 'rerankerScore', 'reranker_score', 'rerankerBoostedScore', 'highlights', 'captions'],
      ...['documentDebugInfo', 'features'],
    ].map((name) => `@search.${name}`),
  },
  {
    name: 'elasticsearch-bulk',
    about: 'Elasticsearch and OpenSearch bulk requests',
    has: [ACTION, '_source'],
    id: ['_id', ...within('_source', ['chunk_id', 'id', '_id'])],
    text: within('_source', PAYLOAD_TEXTS),
    document: within('_source', PAYLOAD_SOURCES),
    title: within('_source', PAYLOAD_TITLES),
    page: within('_source', PAYLOAD_PAGES),
    metadata: ['_source', '_source.metadata'],
    leaveOut: [ACTION, '_index', '_type', 'routing', '_routing', 'version', 'version_type', 'pipeline'],
    join: createBulkJoiner,
  },
  {
    name: 'elasticsearch',
    about: 'Elasticsearch and OpenSearch hits',
    has: ['_id', '_source'],
    places: at(['hits', 'hits'], []),
    id: ['_id'],
    text: within('_source', PAYLOAD_TEXTS),
    document: within('_source', PAYLOAD_SOURCES),
    title: within('_source', PAYLOAD_TITLES),
    page: within('_source', PAYLOAD_PAGES),
    metadata: ['_source', '_source.metadata'],
    leaveOut: ['_index', '_score', '_type', 'sort', '_ignored', '_version', '_seq_no', '_primary_term', '_routing'],
  },
  {
    name: 'hugging-face-rows',
    about: 'Hugging Face dataset viewer',
    has: ['row_idx', 'row'],
    places: at(['rows']),
    id: ['row.id', 'row._id', 'row.chunk_id', 'row_idx'],
    text: within('row', [...PAYLOAD_TEXTS, 'passage', 'sentence']),
    document: within('row', PAYLOAD_SOURCES),
    title: within('row', PAYLOAD_TITLES),
    page: within('row', PAYLOAD_PAGES),
    metadata: ['row'],
    leaveOut: ['truncated_cells'],
  },
  {
    name: 'documents-with-chunks',
    about: 'documents that hold their chunks',
    has: ['chunks.0'],
    places: at([], ['documents'], ['data']),
    unfold: chunksOfDocument,
  },
  {
    name: 'ms-marco-tsv',
    about: 'MS MARCO v1 passages: a table of numbers and texts without a header',
    has: ['column_1', 'column_2'],
    id: ['column_1'],
    text: ['column_2'],
    unfold: (record) => asObjects(record).filter(isNumberedText),
  },
  {
    name: 'strings',
    about: 'an array of texts',
    has: [],
    unfold: (record) => (typeof record === 'string' ? [{ text: record }] : asObjects(record)),
  },
  {
    name: 'keyed',
    about: 'an object of records by their ids',
    has: [],
    places: [keyedAt(), keyedAt('records'), keyedAt('documents'), keyedAt('docs')],
    unfold: (record, key) =>
      asObjects(record).map((each) =>
        key === undefined || 'id' in each || 'chunk_id' in each ? each : { id: key, ...each },
      ),
  },
  {
    name: 'container',
    about: 'records under a name of its own',
    has: [],
    places: CONTAINERS,
  },
  {
    name: 'general',
    about: 'any other records; id and text under usual names',
    has: [],
  },
  {
    name: 'parts',
    about: 'documents without a text that hold a list of parts with one, under any name',
    has: [],
    places: at([], ['documents'], ['docs'], ['data'], ['items'], ['records']),
    id: [PART_ID],
    settle(records, hasText) {
      const key = listOfParts(records, hasText);
      return key === undefined ? undefined : { ...this, unfold: partsAt([key]) };
    },
  },
];

/** The shape of documents whose parts stand at a path that the user gave, as does perhaps the text in a part. */
export function partsShape(path: FieldPath, text: string | undefined): Shape {
  const parts = SHAPES.find(({ name }) => name === 'parts') as Shape;
  return { ...parts, unfold: partsAt(path, text === undefined ? undefined : parseFieldPath(text)[0]) };
}

function asObjects(record: JsonValue): readonly JsonObject[] {
  return isJsonObject(record) ? [record] : [];
}

/**
 * The text of a record that LlamaIndex stored: its node stands as JSON in the payload, under `_node_content`, and nothing
 * of it is in the payload by itself but the metadata.
 */
function withNodeContent(payloadKey: string): NonNullable<Shape['unfold']> {
  return (record) =>
    asObjects(record).map((each) => {
      const payload = each[payloadKey] ?? null;
      if (!isJsonObject(payload) || typeof payload['_node_content'] !== 'string') return each;
      const { _node_content: content, ...others } = payload;
      try {
        const { text, text_resource: resource } = JSON.parse(content as string) as Record<string, JsonValue>;
        const whole = text ?? (isJsonObject(resource ?? null) ? (resource as JsonObject)['text'] : undefined);
        return typeof whole === 'string' ? { ...each, [payloadKey]: { text: whole, ...others } } : each;
      } catch {
        return each;
      }
    });
}

function isNumberedText({ column_1: id, column_2: text, ...others }: JsonObject): boolean {
  return Object.keys(others).length === 0 && /^\s*\d+\s*$/.test(String(id)) && typeof text === 'string';
}

/** The chunks of one document, with the fields of the document that they do not have themselves. */
function chunksOfDocument(record: JsonValue): readonly JsonObject[] {
  if (!isJsonObject(record) || !Array.isArray(record['chunks'])) return asObjects(record);
  const { chunks, text: _text, content: _content, metadata, ...document } = record;
  const documentId = documentOf(document) ?? null;
  const { id: _id, ...shared } = document;
  return chunks.map((chunk): JsonObject => {
    const own: JsonObject = typeof chunk === 'string' ? { text: chunk } : isJsonObject(chunk) ? chunk : { chunk };
    return {
      ...shared,
      document_id: documentId,
      ...own,
      metadata: {
        ...(isJsonObject(metadata) ? metadata : {}),
        ...(isJsonObject(own['metadata']) ? own['metadata'] : {}),
      },
    };
  });
}

/** What names a document that holds its chunks. */
export function documentOf(record: JsonObject): string | number | undefined {
  return ['document_id', 'doc_id', 'id', 'source', 'url'].map((key) => record[key]).find(isScalar);
}

function isScalar(value: JsonValue | undefined): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
