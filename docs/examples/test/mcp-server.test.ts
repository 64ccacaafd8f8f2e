import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { startFaultServer } from '@lockstep/testing-faults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadIndex, type LoadedIndex } from './loaded-index.ts';
import { RECORDS } from './records.ts';

const SERVER = resolve(import.meta.dirname, '../mcp-server.ts');

let index: LoadedIndex;
beforeAll(async () => {
  index = await loadIndex('books', RECORDS);
});
afterAll(() => index[Symbol.asyncDispose]());

/** Starts the server as a client does, and asks its tool once. */
async function askTool(
  given: Record<string, unknown>,
  variables: Readonly<Record<string, string>> = {},
  corpus = 'books',
) {
  await using stack = new AsyncDisposableStack();
  const client = new Client({ name: 'test', version: '1.0.0' });
  stack.defer(() => client.close());
  const env = { ...index.environment, ...variables };
  const transport = new StdioClientTransport({ command: process.execPath, args: [SERVER, corpus], env });
  await client.connect(transport);
  // The client checks structured content against the schema that this lists.
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: 'search', arguments: given });
  const [content] = result.content as { type: string; text: string }[];
  return { tools, text: content?.text, structured: result.structuredContent, isError: result.isError ?? false };
}

it('the tool search gives text and structured content of the chunks that are nearest', async () => {
  const { tools, text, structured, isError } = await askTool({ query: 'Call me Ishmael.', limit: 1 });
  expect(tools.map(({ name, description }) => [name, description])).toEqual([
    ['search', 'Finds passages by meaning in books'],
  ]);
  expect([text, isError]).toEqual(['[books a] 1.000\nCall me Ishmael.', false]);
  expect(structured).toEqual({
    dropped: 0,
    hits: [
      {
        ...{ score: expect.closeTo(1, 5) as number, corpus: 'books', chunk_id: 'a', document_id: 'moby-dick' },
        ...{ chapter_title: 'Loomings', page_number: 1, created_at: null },
        ...{ text: 'Call me Ishmael.', metadata: { mood: 'wet' } },
      },
    ],
  });
});

it('the tool search passes a filter on', async () => {
  const { structured } = await askTool({ query: 'Call me Ishmael.', filter: { page_number: { gte: 2 } } });
  const { hits } = structured as { hits: { chunk_id: string }[] };
  expect(hits.map(({ chunk_id }) => chunk_id).toSorted()).toEqual(['b', 'c']);
});

it.each<[what: string, given: Record<string, unknown>, expected: RegExp]>([
  ['a limit beyond 100', { query: 'whale', limit: 101 }, /limit/],
  ['a filter that asks for nothing', { query: 'whale', filter: { page_number: {} } }, /filter "page_number": expected/],
])('the tool search answers %s with an error that names the argument', async (_what, given, expected) => {
  const { text, isError } = await askTool(given);
  expect([text, isError]).toEqual([expect.stringMatching(expected), true]);
});

it('an error of a service is an error of the tool, and shows no secret', async () => {
  await using stack = new AsyncDisposableStack();
  const refusing = await startFaultServer({
    handler: async (request) => new Response(`no access for ${request.headers.get('api-key')}`, { status: 403 }),
  });
  stack.defer(() => refusing.close());
  const variables = { QDRANT_HOST: refusing.url, QDRANT_API_KEY: 'qdrant-secret' };
  const { text, isError } = await askTool({ query: 'whale' }, variables);
  expect([text, isError]).toEqual([expect.stringMatching(/403/), true]);
  expect(text).not.toMatch(/-secret|lockstep:lockstep/);
});

it('the tool search says how many hits are left out', async () => {
  await index.deleteRow('c');
  const { text, structured } = await askTool({ query: 'Call me Ishmael.' });
  expect(structured).toMatchObject({ dropped: 1 });
  expect(text).toContain('Left out: 1, since an update is under way or the index has drifted.');
});

it.each<[what: string, variables: Readonly<Record<string, string>>, expected: string]>([
  ['without a variable', { OPENAI_API_KEY: '' }, 'The variable OPENAI_API_KEY is not set.\n'],
  ['with a bare host', { QDRANT_HOST: 'qdrant:6333' }, 'vectors.url: expected an http or https URL.\n'],
])('the server %s ends with 2 and a message on stderr, before it answers', async (_what, variables, stderr) => {
  const started = promisify(execFile)(process.execPath, [SERVER], { env: { ...index.environment, ...variables } });
  await expect(started).rejects.toMatchObject({ code: 2, stdout: '', stderr });
});

it('the tool search names the corpora that there are where it finds nothing', async () => {
  const { text, structured } = await askTool({ query: 'whale' }, {}, 'boks');
  expect([text, structured]).toEqual([
    'Nothing found.\n\nThe index holds these corpora: books.',
    { hits: [], dropped: 0 },
  ]);
});
