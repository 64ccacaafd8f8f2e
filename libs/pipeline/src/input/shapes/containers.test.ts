import { describe, expect, it } from 'vitest';
import type { JsonValue } from '@lockstep/model';
import { bytesOf, collect, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';

/** What a run reads of a file: its shape, and its rows in the store by their texts. */
async function runOf(content: JsonValue | string, name = 'a.json') {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const rig = createCorpusRig({ ports: { input: (read) => read([{ name, bytes: bytesOf(text) }]) } });
  const { validate } = await rig.run([]);
  const rows = (await collect(rig.rows.scanRows(rig.corpus))).flat();
  return { shape: validate?.shape?.shape, rows: Object.fromEntries(rows.map((row) => [row.text, row])) };
}

const LANGCHAIN = { page_content: 'A', metadata: { source: 'a.pdf', page: 1 } };
const DOCUMENTS = [
  { doc_id: 'd1', title: 'One', chunks: [{ chunk_id: 'c1', content: 'A' }] },
  {
    doc_id: 'd2',
    title: 'Two',
    chunks: [
      { chunk_id: 'c2', content: 'B' },
      { chunk_id: 'c3', content: 'C' },
    ],
  },
];

describe('records of a known shape', () => {
  it.each<[what: string, content: JsonValue, shape: string, row: object]>([
    [
      'LangChain documents under documents',
      { documents: [LANGCHAIN] },
      'langchain',
      { documentId: 'a.pdf', pageNumber: 1 },
    ],
    ['LangChain documents under data', { data: [LANGCHAIN] }, 'langchain', { documentId: 'a.pdf' }],
    ['LangChain documents under chunks', { version: 2, chunks: [LANGCHAIN] }, 'langchain', { documentId: 'a.pdf' }],
    [
      'serialized LangChain documents under docs',
      { docs: [{ lc: 1, type: 'constructor', id: ['langchain', 'Document'], kwargs: LANGCHAIN }] },
      'langchain-serialized',
      { documentId: 'a.pdf' },
    ],
    [
      'nodes of LlamaIndex under nodes',
      { nodes: [{ id_: 'n1', text: 'A', relationships: { 1: { node_id: 'd1' } } }] },
      'llamaindex',
      { chunkId: 'n1', documentId: 'd1' },
    ],
    [
      'documents of MongoDB under records',
      { records: [{ _id: { $oid: '65a1f0c2e4b0a1b2c3d4e5f6' }, text: 'A' }] },
      'mongodb',
      { chunkId: '65a1f0c2e4b0a1b2c3d4e5f6', metadata: {} },
    ],
    [
      'elements of Unstructured under elements',
      { elements: [{ type: 'Title', element_id: 'e1', text: 'A', metadata: { filename: 'a.pdf' } }] },
      'unstructured',
      { chunkId: 'e1', documentId: 'a.pdf' },
    ],
    [
      'points with a text under a name that is not usual in payloads',
      [{ id: 1, payload: { page_text: 'A', heading: 'H' } }],
      'qdrant',
      { chunkId: '1', chapterTitle: 'H' },
    ],
    ['an answer of Solr', { response: { numFound: 1, docs: [{ id: 'a', text: 'A' }] } }, 'container', { chunkId: 'a' }],
    ['records under data.records', { data: { records: [{ id: 'a', text: 'A' }] } }, 'container', { chunkId: 'a' }],
    ['records by their ids under records', { records: { a: { text: 'A' } } }, 'keyed', { chunkId: 'a' }],
    ['texts under chunks', { chunks: ['A'] }, 'strings', {}],
  ])('are read from a container as they are from an array: %s', async (_what, content, shape, row) => {
    const read = await runOf(content);
    expect(read).toMatchObject({ shape, rows: { A: row } });
    // The name of a file that has one line decides nothing.
    expect(await runOf(content, 'a.jsonl')).toEqual(read);
  });

  it.each([
    [
      { documents: [{ id: 'a', text: 'A' }], records: [{ id: 'b', text: 'B' }] },
      'Lists stand at documents, records: --records documents.',
    ],
    [{ ids: [1, 2], documents: ['A', 'B'] }, 'Found one object with ids, documents.'],
    [{ export: { rows: [{ id: 'a', text: 'A' }] } }, 'Lists stand at export.rows: --records export.rows.'],
  ])('are not guessed at, and the error names the lists: %j', async (content, says) => {
    const failure = await failureOf(runOf(content));
    expect(failure).toMatchObject({ code: 'input-no-container' });
    expect(failure.message).toContain(says);
  });
});

describe('documents that hold their chunks', () => {
  const rows = {
    A: { chunkId: 'c1', documentId: 'd1', chapterTitle: 'One' },
    B: { chunkId: 'c2', documentId: 'd2', chapterTitle: 'Two' },
    C: { chunkId: 'c3', documentId: 'd2' },
  };

  it.each([
    ['an array', DOCUMENTS, 'a.json'],
    ['JSON lines', DOCUMENTS.map((each) => JSON.stringify(each)).join('\n'), 'a.jsonl'],
    ['JSON lines in a file of another name', DOCUMENTS.map((each) => JSON.stringify(each)).join('\n'), 'a.json'],
    ['objects that span lines', DOCUMENTS.map((each) => JSON.stringify(each, null, 1)).join('\n'), 'a.json'],
    ['an object', { documents: DOCUMENTS }, 'a.json'],
  ])('are read alike from %s', async (_what, content, name) => {
    expect(await runOf(content, name)).toMatchObject({ shape: 'documents-with-chunks', rows });
  });

  it('give their chunks without an id the document of the only object of a file', async () => {
    const { rows: read } = await runOf({ source: 'a.pdf', title: 'One', chunks: [{ content: 'A' }, 'B'] });
    const expected = { documentId: 'a.pdf', chapterTitle: 'One' };
    expect(read).toMatchObject({ A: expected, B: expected });
  });
});
