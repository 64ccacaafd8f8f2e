import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer } from '../support/run-indexer.ts';

const parse = (stdout: string) => JSON.parse(stdout) as ReturnType<typeof JSON.parse>;

let workspace: string;
let server: EmbeddedQdrant;

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'lockstep-strict-'));
  writeFileSync(join(workspace, 'nx.json'), '{}');
  mkdirSync(join(workspace, 'notes'));
  writeFileSync(join(workspace, 'notes/corpus.json'), JSON.stringify({ name: 'notes', input: 'chunks.json' }));
  server = await startEmbeddedQdrant({ directory: join(workspace, 'server') });
});
afterAll(async () => {
  await server.close();
  rmSync(workspace, { recursive: true, force: true });
});

function writeChunks(count: number, author: string): void {
  // All chunks have one text, so that one is embedded.
  const chunks = Array.from({ length: count }, (_, id) => ({ id: `${id}`, text: 'One sentence.', author }));
  writeFileSync(join(workspace, 'notes/chunks.json'), JSON.stringify(chunks));
}

async function json(...args: string[]) {
  const services = ['--embedder', 'embedded', '--rows', 'embedded'];
  const typed = [...args, ...services, '--json'];
  const { exit, stdout, stderr } = await runIndexer(workspace, typed, { QDRANT_HOST: server.url });
  expect(exit, `${stdout}${stderr}`).toBe(0);
  return parse(stdout);
}

describe('a collection that was made by hand in strict mode, with small limits', () => {
  it('is planned, loaded, changed and verified like any other', { timeout: 120_000 }, async () => {
    const client = new QdrantClient({ url: server.url, checkCompatibility: false });
    await client.createCollection('book_vectors', {
      vectors: { size: 384, distance: 'Cosine' },
      strict_mode_config: {
        ...{ enabled: true, unindexed_filtering_retrieve: false, unindexed_filtering_update: false },
        ...{ max_query_limit: 100, upsert_max_batchsize: 100, write_rate_limit: 60 },
      },
    });
    writeChunks(300, 'a');
    expect((await json('plan', 'notes')).stores.qdrant.plan).toMatchObject({ add: 300 });
    expect((await json('run', 'notes'))['load-qdrant']).toMatchObject({ written: 300 });
    expect((await client.count('book_vectors')).count).toBe(300);
    writeChunks(200, 'b');
    const changed = await json('run', 'notes', '--allow-deletes');
    expect(changed['load-qdrant']).toMatchObject({ written: 200, deleted: 100 });
    expect(await json('verify', 'notes', '--level', 'vectors')).toMatchObject({ ok: true, counts: { qdrant: 200 } });
  });
});

describe('a collection that was made by hand', () => {
  it.each([
    ['float16', { vectors: { size: 384, distance: 'Cosine', datatype: 'float16' } }],
    ['scalar quantisation', { vectors: { size: 384, distance: 'Cosine' }, quantization_config: { scalar: {} } }],
  ])(
    'with %s is in step at the level of vectors, and a second run writes nothing',
    { timeout: 120_000 },
    async (_kind, config) => {
      const client = new QdrantClient({ url: server.url, checkCompatibility: false });
      const collection = `made-${crypto.randomUUID()}`;
      await client.createCollection(collection, config as Parameters<typeof client.createCollection>[1]);
      writeChunks(200, 'c');
      const inIt = ['notes', '--collection', collection];
      expect((await json('run', ...inIt))['load-qdrant']).toMatchObject({ written: 200 });
      expect(await json('verify', ...inIt, '--level', 'vectors')).toMatchObject({ ok: true, differencesCount: 0 });
      const repaired = await json('repair', ...inIt);
      expect(JSON.stringify(repaired)).not.toMatch(/"written":[1-9]/);
      expect(repaired).toMatchObject({ ok: true });
    },
  );

  it('with uint8 is refused before anything is embedded or written', { timeout: 60_000 }, async () => {
    const client = new QdrantClient({ url: server.url, checkCompatibility: false });
    await client.createCollection('bytes', { vectors: { size: 384, distance: 'Cosine', datatype: 'uint8' } });
    writeChunks(200, 'd');
    const typed = ['run', 'notes', '--collection', 'bytes', '--embedder', 'embedded', '--rows', 'embedded'];
    const { exit, stderr } = await runIndexer(workspace, typed, { QDRANT_HOST: server.url });
    expect(stderr).toContain('stores vectors as uint8, and this corpus needs float32 or float16');
    expect(exit).toBe(4);
    expect((await client.count('bytes')).count).toBe(0);
  });
});
