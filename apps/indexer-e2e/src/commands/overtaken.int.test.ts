import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { QdrantClient } from '@qdrant/js-client-rest';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDelayingProxy } from './delaying-proxy.ts';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

/** Two processes, as on two machines, load one corpus at the same time against real servers. */
describe('two runs of one corpus at the same time', () => {
  let folder: string;
  let database: TestDatabase;
  let openai: StubOpenAi;
  let server: EmbeddedQdrant;

  const recordsOf = (version: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `${version} text ${at}` }));

  /** One machine: its own folder, its own state, its own copy of the input. */
  function machine(name: string, records: readonly object[], qdrantUrl: string) {
    const place = join(folder, name, 'books');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(folder, name, 'nx.json'), '{}');
    writeFileSync(join(place, 'chunks.json'), JSON.stringify(records));
    const config = { name: 'books', input: 'chunks.json', dimensions: 8, qdrantBatchSize: 10, neonBatchSize: 10 };
    writeFileSync(join(place, 'corpus.json'), JSON.stringify(config));
    return (...args: string[]): Promise<IndexerRun> =>
      runIndexer(join(folder, name), args, {
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: openai.baseUrl,
        QDRANT_HOST: qdrantUrl,
        NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
      });
  }

  async function textsInRows(): Promise<string[]> {
    const client = new Client({ connectionString: database.connectionString });
    await client.connect();
    const { rows } = await client.query<{ text: string }>('select text_snippet_preview as text from rag_metadata');
    await client.end();
    return rows.map(({ text }) => text).sort();
  }

  beforeAll(async () => {
    openai = await startStubOpenAi({ dimensions: 8 });
  });
  afterAll(() => openai.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-overtaken-'));
    database = await createDatabase();
    server = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    return async () => {
      await server.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  it.each([
    ['equal', 'old'],
    ['different', 'new'],
  ])(
    'the later of two runs with %s inputs wins in both stores, even if a request of the earlier one arrives after it',
    async (_, version) => {
      const isUpsert = ({ method, path }: { method: string; path: string }) => method === 'PUT' && /points/.test(path);
      const proxy = await startDelayingProxy(server.url, isUpsert);
      const slow = machine('slow', recordsOf('old', 40), proxy.url);
      const late = machine('late', recordsOf(version, 35), server.url);
      const underWay = slow('run', 'books');
      await proxy.arrived;
      const winner = await late('run', 'books');
      expect(winner.exit, winner.stderr).toBe(0);
      await proxy.release();
      const loser = await underWay;
      await proxy.close();

      expect(loser.exit).toBe(1);
      expect(loser.stderr.match(/^error .*$/gm)).toEqual([
        expect.stringMatching(
          /^error overtaken in load-(?:qdrant|neon): Another run .* started later and took over; this one stops\.$/,
        ),
      ]);
      const wanted = recordsOf(version, 35).map(({ text }) => text);
      expect(await textsInRows()).toEqual(wanted.sort());

      // Qdrant cannot check fences: the delayed request has changed it, which the next verify of the later run finds.
      const found = await late('verify', 'books', '--level', 'vectors', '--json');
      const { ok, sides } = JSON.parse(found.stdout) as { ok: boolean; sides: Record<string, number> };
      expect({ exit: found.exit, ok }).toEqual({ exit: 5, ok: false });
      expect(sides).toMatchObject({ cache: 0, neon: 0 });
      expect(sides['qdrant']).toBeGreaterThan(0);
      const again = await late('run', 'books', '--level', 'vectors');
      expect(again.exit, again.stderr).toBe(0);
      const qdrant = new QdrantClient({ url: server.url, checkCompatibility: false });
      expect((await qdrant.count('book_vectors', { exact: true })).count).toBe(35);
      const status = JSON.parse((await late('status', '--json')).stdout) as {
        runs: { fence: number; end: { outcome: string } }[];
      };
      expect(status.runs.map(({ fence, end }) => [fence, end.outcome])).toEqual([
        [3, 'done'],
        [2, 'done'],
        [1, 'overtaken'],
      ]);
    },
  );
});
