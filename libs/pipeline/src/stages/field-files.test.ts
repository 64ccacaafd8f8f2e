import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IndexedChunk, RejectCode } from '@lockstep/model';
import { collect, createMemoryArtifacts, createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';
import { FILES, readChunks } from '../files/corpus-files.ts';
import { validate, type ValidateOptions } from './validate.ts';
import { DEFAULT_REJECT_LIMIT } from '../accept/reject-limit.ts';

const FIELD = join(import.meta.dirname, '../../../../fixtures/field');

/** What becomes of one input. */
interface Outcome {
  readonly shape: string;
  readonly accepted: number;
  /** Reasons of rejects, in the order of the records. @default none */
  readonly rejects?: readonly RejectCode[];
  /** Numbers of conversions by kind. @default none */
  readonly converted?: Readonly<Record<string, number>>;
  /** Chunks that are among the accepted, as far as it is said. */
  readonly chunks?: readonly Partial<IndexedChunk>[];
}

const LANGCHAIN = { documentId: 'policies/refund.pdf', pageNumber: 3 };
const DOCUMENT = '2b030dc8-8750-489a-8c9b-e86720ff0856';

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  'alias-conflict-text': {
    shape: 'lockstep',
    accepted: 5,
    converted: { id: 2, text: 2 },
    chunks: [
      { chunkId: 'a', text: 'Alpha', metadata: { content: '<p>Alpha</p>' } },
      { chunkId: 'b', text: 'Beta full text', metadata: { snippet: 'Beta...' } },
      { chunkId: 'c-0001', metadata: { id: '7f0c' } },
      { chunkId: 'doc1_0', metadata: { chunk_id: 0 } },
      { chunkId: 'f', text: 't' },
    ],
  },
  'azure-search-upload': {
    shape: 'azure-search',
    accepted: 1,
    chunks: [{ chunkId: 'doc-1_0', text: 'Alpha beta.', documentId: 'a.pdf', chapterTitle: 'Handbook' }],
  },
  'beir-corpus': { shape: 'beir', accepted: 2, chunks: [{ chunkId: 'MED-10', chapterTitle: 'Statin Use' }] },
  'blank-texts': { shape: 'lockstep', accepted: 2, rejects: Array<RejectCode>(9).fill('missing-text') },
  'body-key-text': { shape: 'general', accepted: 1, chunks: [{ chunkId: '1', text: 'Install it with npm.' }] },
  'broken-middle-line': { shape: 'lockstep', accepted: 2, rejects: ['not-json'] },
  'concatenated-json': { shape: 'lockstep', accepted: 2 },
  dates: { shape: 'lockstep', accepted: 16, converted: { date: 8, label: 2 } },
  'doc-id-key': { shape: 'general', accepted: 2, chunks: [{ documentId: 'd1', text: 'Alpha' }] },
  'azure-search-reply': {
    shape: 'azure-search',
    accepted: 1,
    chunks: [
      {
        chunkId: '9b1_pages_0',
        text: 'Alpha beta.',
        documentId: '9b1',
        chapterTitle: 'handbook.pdf',
        metadata: {},
      },
    ],
  },
  'chroma-get': {
    shape: 'chroma',
    accepted: 2,
    chunks: [
      { chunkId: 'c1', text: 'Alpha beta.', documentId: 'a.pdf', metadata: { source: 'a.pdf' } },
      { chunkId: 'c2', text: 'Gamma delta.', documentId: 'b.pdf' },
    ],
  },
  'chroma-query': {
    shape: 'chroma',
    accepted: 3,
    chunks: [
      { chunkId: 'c1', text: 'Alpha beta.', documentId: 'a.pdf', pageNumber: 1 },
      { chunkId: 'c2', text: 'Gamma delta.', documentId: null, metadata: {} },
      { chunkId: 'c3', text: 'Epsilon.', documentId: 'c.pdf' },
    ],
  },
  'docling-jsonl-bighash': {
    shape: 'lockstep',
    accepted: 3,
    converted: { number: 3 },
    chunks: [
      {
        chunkId: '0',
        metadata: {
          meta: {
            headings: ['Intro'],
            origin: { mimetype: 'application/pdf', binary_hash: '13370000000000000001', filename: 'a.pdf' },
          },
        },
      },
    ],
  },
  'elastic-hits': { shape: 'elasticsearch', accepted: 1, chunks: [{ chunkId: 'a1', text: 'Alpha beta.' }] },
  'elastic-bulk': {
    shape: 'elasticsearch-bulk',
    accepted: 4,
    rejects: ['bad-action', 'bad-action', 'bad-action'],
    chunks: [
      {
        chunkId: 'a1',
        text: 'Alpha beta.',
        documentId: 'a.pdf',
        pageNumber: 3,
        metadata: { id: 7, source: 'a.pdf', page: 3 },
      },
      { chunkId: 'a2', text: 'Gamma delta.', chapterTitle: 'Greek' },
      { chunkId: 'a3', text: 'Epsilon.' },
      { text: 'Without an id.' },
    ],
  },
  'haystack-1-documents': {
    shape: 'haystack',
    accepted: 1,
    chunks: [{ chunkId: '4ac1', text: 'Alpha beta.', documentId: 'a.txt', metadata: { name: 'a.txt', _split_id: 0 } }],
  },
  'hugging-face-rows': {
    shape: 'hugging-face-rows',
    accepted: 1,
    chunks: [{ chunkId: '12', text: 'Alpha beta.', documentId: 'https://example.org/a', chapterTitle: 'Alpha' }],
  },
  'haystack-documents': {
    shape: 'haystack',
    accepted: 1,
    chunks: [{ chunkId: '0f3b', documentId: 'a.txt', pageNumber: 1 }],
  },
  'hf-no-id': { shape: 'general', accepted: 2 },
  'langchain-lc-dumps': {
    shape: 'langchain-serialized',
    accepted: 1,
    chunks: [{ documentId: 'a.pdf', pageNumber: 0 }],
  },
  'langchain-metadata-id': {
    shape: 'langchain',
    accepted: 1,
    chunks: [{ chunkId: '55812641-5c42-41ad-b6a6-3453eb3fc35a', text: 'Alpha beta gamma.' }],
  },
  'langchain-model-dump': { shape: 'langchain', accepted: 2, chunks: [{ documentId: 'a.pdf', pageNumber: 1 }] },
  'langchain-no-id': { shape: 'langchain', accepted: 2, chunks: [LANGCHAIN, LANGCHAIN] },
  'list-of-strings': { shape: 'strings', accepted: 2, chunks: [{ text: 'First chunk of text.' }] },
  'llamaindex-docstore': {
    shape: 'llamaindex-docstore',
    accepted: 1,
    converted: { page: 1 },
    chunks: [{ documentId: DOCUMENT, pageNumber: 12, createdAt: '2024-05-04T00:00:00.000000Z' }],
  },
  'llamaindex-nodes-jsonl': { shape: 'llamaindex', accepted: 3, converted: { page: 3 }, chunks: [{ chunkId: 'n0' }] },
  'llamaindex-nodes-todict': { shape: 'llamaindex', accepted: 1, converted: { page: 1 } },
  'llamaindex-ts-nodes': {
    shape: 'llamaindex',
    accepted: 1,
    chunks: [{ chunkId: 'n1', text: 'Alpha beta.', documentId: 'd1' }],
  },
  'mastra-chunks': {
    shape: 'mastra',
    accepted: 2,
    chunks: [
      {
        chunkId: '6f1c1a3e-0b7e-4a5c-9b44-6f0f2f1f9a01',
        text: 'Install it with npm.',
        documentId: '0f9e8d7c-0000-4000-8000-000000000001',
        chapterTitle: 'Setup',
        metadata: { source: 'guide.md', title: 'Setup', section: 'Install' },
      },
      { text: 'Then run it.', documentId: 'guide.md' },
    ],
  },
  'mongodb-canonical': {
    shape: 'mongodb',
    accepted: 2,
    chunks: [
      {
        chunkId: '65a1f0c2e4b0a1b2c3d4e5f6',
        pageNumber: 3,
        createdAt: '2024-05-04T10:00:00.000000Z',
        metadata: { hash: '9223372036854775807', size: 42, score: 0.5, seen: '2024-05-04T10:00:00.000Z' },
      },
      { chunkId: '7', createdAt: '2024-05-04T10:00:00.000000Z' },
    ],
  },
  'mongodb-export': {
    shape: 'mongodb',
    accepted: 1,
    chunks: [{ chunkId: '65a1f0c2e4b0a1b2c3d4e5f6', pageNumber: 3, createdAt: '2024-01-12T10:00:00.000000Z' }],
  },
  'nested-docs-with-chunks': {
    shape: 'documents-with-chunks',
    accepted: 2,
    chunks: [{ chunkId: 'doc_1_chunk_0', text: 'alpha', documentId: 'doc_1' }],
  },
  'nul-in-text': {
    shape: 'lockstep',
    accepted: 3,
    converted: { character: 2 },
    chunks: [{ text: 'oer Cloud credits' }],
  },
  'page-float-half': { shape: 'lockstep', accepted: 1, converted: { label: 1 }, chunks: [{ pageNumber: null }] },
  'page-string': { shape: 'lockstep', accepted: 6, converted: { page: 1, label: 4 }, chunks: [{ pageNumber: 12 }] },
  'ms-marco-documents': {
    shape: 'ms-marco-documents',
    accepted: 1,
    chunks: [{ chunkId: 'msmarco_doc_00_0', documentId: 'https://example.org/a', chapterTitle: 'Alpha' }],
  },
  'ms-marco-passages': {
    shape: 'ms-marco-passages',
    accepted: 1,
    chunks: [{ chunkId: 'msmarco_passage_00_0', text: 'Alpha beta.', documentId: 'msmarco_doc_00_0' }],
  },
  'ms-marco-tsv': {
    shape: 'ms-marco-tsv',
    accepted: 2,
    chunks: [
      { chunkId: '0', text: 'The presence of communication amid minds.', metadata: {} },
      { chunkId: '1', text: 'The "Manhattan" Project and its bomb.' },
    ],
  },
  'pinecone-fetch': {
    shape: 'pinecone-fetch',
    accepted: 2,
    chunks: [
      { chunkId: 'vec1', text: 'Alpha beta.', documentId: 'a.pdf', pageNumber: 3 },
      { chunkId: 'vec2', text: 'Gamma.', documentId: 'b.pdf' },
    ],
  },
  'pinecone-query': {
    shape: 'pinecone-query',
    accepted: 1,
    chunks: [{ chunkId: 'vec1', text: 'Alpha beta.', documentId: 'a.pdf', metadata: { source: 'a.pdf' } }],
  },
  'pinecone-upsert': {
    shape: 'pinecone',
    accepted: 1,
    chunks: [{ chunkId: 'vec1', text: 'Alpha beta.', documentId: 'a.pdf', pageNumber: 3 }],
  },
  'pyserini-contents': { shape: 'pyserini', accepted: 2, chunks: [{ chunkId: 'doc1' }] },
  'qdrant-langchain': {
    shape: 'qdrant',
    accepted: 1,
    chunks: [
      {
        chunkId: '5c56c793-69f3-4fbf-87e6-c4bf54c28c26',
        text: 'Alpha beta.',
        documentId: 'a.pdf',
        pageNumber: 2,
        metadata: {
          source: 'a.pdf',
          page: 2,
          _id: '5c56c793-69f3-4fbf-87e6-c4bf54c28c26',
          _collection_name: 'docs',
        },
      },
    ],
  },
  'qdrant-llamaindex': {
    shape: 'qdrant',
    accepted: 1,
    converted: { page: 1 },
    chunks: [{ chunkId: 'n1', text: 'Alpha beta.', documentId: 'a.pdf', pageNumber: 4 }],
  },
  'qdrant-pages': {
    shape: 'qdrant',
    accepted: 2,
    chunks: [
      { chunkId: '1', text: 'Alpha.', documentId: 'a.pdf' },
      { chunkId: '2', text: 'Beta.' },
    ],
  },
  'qdrant-points': {
    shape: 'qdrant',
    accepted: 1,
    chunks: [{ chunkId: '1', text: 'Alpha beta.', documentId: 'a.pdf' }],
  },
  'qdrant-scroll': {
    shape: 'qdrant',
    accepted: 1,
    chunks: [{ text: 'Alpha beta.', documentId: 'a.pdf', pageNumber: 1 }],
  },
  'records-container': { shape: 'container', accepted: 1, chunks: [{ chunkId: '1', text: 'Alpha' }] },
  'tree-key-conflict': {
    shape: 'lockstep',
    accepted: 3,
    converted: { metadata: 3 },
    chunks: [{ chunkId: 'a', metadata: { source: 'a.pdf', 'metadata.source': '/data/a.pdf' } }],
  },
  'unstructured-elements': {
    shape: 'unstructured',
    accepted: 2,
    rejects: ['missing-text'],
    chunks: [{ text: 'Annual report', documentId: 'a.pdf', pageNumber: 1 }],
  },
  'weaviate-graphql': {
    shape: 'weaviate-graphql',
    accepted: 2,
    chunks: [
      {
        chunkId: '1f6b5a8e-3c1f-4f5e-8a86-3b8d7b4d9a10',
        text: 'Alpha beta.',
        documentId: 'a.pdf',
        chapterTitle: 'Handbook',
        metadata: {},
      },
    ],
  },
  'weaviate-objects': {
    shape: 'weaviate',
    accepted: 1,
    converted: { date: 1 },
    chunks: [
      {
        chunkId: '1f6b5a8e-3c1f-4f5e-8a86-3b8d7b4d9a10',
        text: 'Alpha beta.',
        documentId: 'a.pdf',
        pageNumber: 4,
        createdAt: '2024-05-04T10:00:00.000000Z',
      },
    ],
  },
  'nan-python': { shape: 'lockstep', accepted: 2, converted: { number: 1 } },
  'one-line-file-place': { shape: 'lockstep', accepted: 201, converted: { number: 1 } },
  'openai-cookbook-csv': { shape: 'lockstep', accepted: 1 },
  'utf16-powershell': { shape: 'lockstep', accepted: 1 },
};

async function validated(folder: string, options: Partial<ValidateOptions> = {}) {
  const [name = ''] = readdirSync(join(FIELD, folder));
  const artifacts = createMemoryArtifacts();
  const embedder = createStubEmbedder();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(readFileSync(join(FIELD, folder, name)));
  }
  const receipt = await validate(createCorpusRig({ artifacts }).context, {
    input: [{ name, bytes: bytes() }],
    embedder: { ...embedder, tokensOver: () => undefined },
    overlong: async () => ({ mode: 'windows', because: 'new' }),
    strict: false,
    ...options,
  });
  return { receipt, chunks: await collect(readChunks(artifacts)) };
}

describe('files of other shapes', () => {
  it.each(Object.entries(OUTCOMES))('validate takes %s for what it is', async (folder, outcome) => {
    const { receipt, chunks } = await validated(folder);
    expect(receipt).toMatchObject({ accepted: outcome.accepted, shape: { shape: outcome.shape } });
    const rejects = receipt.rejects?.flatMap(({ code, count }) => Array<string>(count).fill(code)) ?? [];
    expect(rejects).toEqual(outcome.rejects ?? []);
    const converted = Object.fromEntries((receipt.converted ?? []).map(({ kind, count }) => [kind, count]));
    expect(converted).toEqual(outcome.converted ?? {});
    for (const chunk of outcome.chunks ?? []) expect(chunks).toContainEqual(expect.objectContaining(chunk));
  });

  it('rejects records with NaN under --strict', async () => {
    const failure = await failureOf(validated('nan-python', { strict: true }));
    expect(failure).toMatchObject({ code: 'records-rejected', details: { rejected: 1 } });
  });

  it('rejects records with an integer beyond 2^53 under --strict', async () => {
    const failure = await failureOf(validated('docling-jsonl-bighash', { strict: true }));
    expect(failure).toMatchObject({ code: 'input-nothing-acceptable' });
    expect(failure.message).toContain(
      '3 unsafe-number (record 1, line 1, id "0": meta.origin.binary_hash: expected a number of at most 2^53 - 1',
    );
  });

  it('derives the same ids whatever the order of the records', async () => {
    const rig = createCorpusRig();
    const records = [
      { text: 'one', source: 'a' },
      { text: 'one', source: 'b' },
      { text: 'two', source: 'a', tag: 1 },
      { text: 'two', source: 'a', tag: 2 },
      { text: 'two', source: 'a', tag: 2 },
    ];
    const first = await rig.validate(records);
    expect(first).toMatchObject({ accepted: 4, duplicates: 1, rejected: 0, derivedIds: 5 });
    expect((await rig.validate(records.toReversed())).digest).toBe(first.digest);
  });

  it('stops at ids that count anew in each document, and names the field that makes them unique', async () => {
    const failure = await failureOf(validated('id-counts-within-document', { rejectLimit: DEFAULT_REJECT_LIMIT }));
    expect(failure).toMatchObject({ code: 'id-not-unique', details: { repeated: 25, ids: 5 } });
    expect(failure.message).toContain('"fields": { "id": ["url","chunk_id"] }');
    const fields = { id: ['url', 'chunk_id'] };
    const { receipt } = await validated('id-counts-within-document', { fields, rejectLimit: DEFAULT_REJECT_LIMIT });
    expect(receipt).toMatchObject({ accepted: 30, rejected: 0 });
  });

  it.each([
    [
      'id',
      (id: number, text: string, source: string) => ({ id, text, metadata: { source } }),
      ['metadata.source', 'id'],
    ],
    ['body', (id: number, text: string, source: string) => ({ id, body: text, doc_id: source }), ['doc_id', 'id']],
    [
      'page_content',
      (id: number, text: string, source: string) => ({ id, page_content: text, metadata: { source } }),
      ['metadata.source', 'id'],
    ],
  ])('the fields that the error names make ids unique: records with %s', async (_what, recordOf, id) => {
    const records = Array.from({ length: 30 }, (_, at) => recordOf(at % 5, `text ${at}`, `s${Math.floor(at / 5)}`));
    const rig = createCorpusRig({ rejectLimit: DEFAULT_REJECT_LIMIT });
    const failure = await failureOf(rig.validate(records));
    expect(failure.message).toContain(`"fields": { "id": ${JSON.stringify(id)} }`);
    const artifacts = createMemoryArtifacts();
    const embedder = createStubEmbedder();
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode(JSON.stringify(records));
    }
    const receipt = await validate(createCorpusRig({ artifacts }).context, {
      input: [{ name: 'chunks.json', bytes: bytes() }],
      embedder: { ...embedder, tokensOver: () => undefined },
      overlong: async () => ({ mode: 'windows', because: 'new' }),
      strict: false,
      fields: { id },
    });
    expect(receipt).toMatchObject({ accepted: 30, rejected: 0 });
  });

  it('refuses an input of which more than half would be left out, and sums up why', async () => {
    const rig = createCorpusRig({ rejectLimit: DEFAULT_REJECT_LIMIT });
    const failure = await failureOf(rig.validate([{ id: 'a', text: 'x' }, { id: 'b' }, { id: 'c' }]));
    expect(failure).toMatchObject({ code: 'too-many-rejected', details: { rejected: 2, records: 3 } });
    expect(failure.message).toMatch(/^2 of 3 records would be left out: 2 missing-text \(record 2, line \d+/);
  });

  it('fails for a path that no record has, with the keys that records have and the near ones', async () => {
    const failure = await failureOf(validated('body-key-text', { fields: { text: 'boddy' } }));
    expect(failure).toMatchObject({ code: 'config-invalid' });
    expect(failure.message).toBe(
      'fields.text: no record has "boddy". Did you mean "body"? The records have id, title, body.',
    );
    const nested = await failureOf(validated('langchain-no-id', { fields: { document: 'metadata.sorce' } }));
    expect(nested.message).toBe(
      'fields.document: no record has "metadata.sorce". Did you mean "metadata.source"? ' +
        'The records have page_content, metadata.source, metadata.page, metadata.start_index.',
    );
  });
});

describe('fields that a user gave', () => {
  async function validatedText(text: string, fields: ValidateOptions['fields'], name = 'chunks.json', strict = false) {
    const artifacts = createMemoryArtifacts();
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode(text);
    }
    const receipt = await validate(createCorpusRig({ artifacts }).context, {
      input: [{ name, bytes: bytes() }],
      embedder: { ...createStubEmbedder(), tokensOver: () => undefined },
      overlong: async () => ({ mode: 'windows', because: 'new' }),
      strict,
      fields,
    });
    const lines = artifacts.files.get(FILES.rejects) ?? '';
    const rejects = lines.split('\n').filter((line) => line !== '');
    return { receipt, rejects: rejects.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>) };
  }

  it('are named where a record lacks one of them, with the id of the record where it has one', async () => {
    const records = [
      { url: 'u1', body: 'Alpha', meta: { n: 1 } },
      { body: 'Beta', meta: { n: 2 } },
      { url: 'u3', meta: { n: 3 } },
      { url: 'u4', body: '  ' },
      { url: ['u5'], body: 'Gamma' },
    ];
    const { receipt, rejects } = await validatedText(JSON.stringify(records), { id: 'url', text: 'body' });
    expect(receipt).toMatchObject({ accepted: 1, rejected: 4 });
    expect(rejects.map(({ chunk_id, code, field, message }) => [chunk_id, code, field, message])).toEqual([
      [null, 'missing-id', 'url', 'has no id: expected a value at "url" (fields.id)'],
      ['u3', 'missing-text', 'body', 'has no text: expected a text at "body" (fields.text)'],
      ['u4', 'missing-text', 'body', 'has no text: found nothing but white space'],
      [null, 'bad-id', 'url', expect.stringMatching(/found an array$/)],
    ]);
  });

  it('are named where one of several paths of an id is empty', async () => {
    const records = [
      { url: 'u1', part: { n: 0 }, body: 'Alpha' },
      { url: 'u1', part: {}, body: 'Beta' },
    ];
    const { rejects } = await validatedText(JSON.stringify(records), { id: ['url', 'part.n'] });
    expect(rejects).toMatchObject([
      { code: 'missing-id', field: 'part.n', message: 'has no id: expected a value at "part.n" (fields.id)' },
    ]);
  });

  it('never make one id of two whose large integers would be rounded to one', async () => {
    const text = '[{"hash":12345678901234567890,"n":0,"text":"a"},{"hash":12345678901234567891,"n":0,"text":"b"}]';
    const fields = { id: ['hash', 'n'] };
    expect((await validatedText(text, fields)).receipt).toMatchObject({
      accepted: 2,
      converted: [{ kind: 'number', count: 2 }],
    });
    const failure = await failureOf(validatedText(text, fields, 'chunks.json', true));
    expect(failure.message).toContain('2 unsafe-number');
  });

  it.each([
    [
      '{"data":{"docs":[{"id":"a","text":"t"}],"meta":{"tags":[1]}}}',
      'chunks.json',
      'fields.records: Expected the records at "data" in "dcos", as an array; found the keys "docs", "meta". ' +
        'Arrays stand at data.docs, data.meta.tags. Did you mean "data.docs"?',
    ],
    [
      '[{"id":"a","text":"t"}]',
      'chunks.json',
      'fields.records: Expected the records at "data" in "dcos", as an array; found an array in place of an object. ' +
        'The records stand at the top: leave fields.records out.',
    ],
    [
      '{"id":"a","text":"t"}\n{"id":"b","text":"t"}\n',
      'chunks.jsonl',
      'fields.records: Expected the records at "data" in "dcos", as an array; found the keys "id", "text". ' +
        'The records stand at the top: leave fields.records out.',
    ],
    [
      'id,text\na,Alpha\n',
      'chunks.csv',
      'fields.records: the input is csv, whose rows are its records; leave fields.records out.',
    ],
  ])('name no place of records that the input does not have: %s', async (text, name, message) => {
    const failure = await failureOf(validatedText(text, { records: 'data.dcos' }, name));
    expect(failure.message).toBe(message);
  });
});
