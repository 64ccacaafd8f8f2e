import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer } from '../support/run-indexer.ts';

const FIXTURE = resolve(import.meta.dirname, '../../../../fixtures/earlier-version');

/** Files of the state directory that a run without changes leaves, or writes again, byte for byte. */
const FILES = [
  'books/validate/chunks.jsonl',
  'books/validate/held.jsonl',
  'books/embed/slice.jsonl',
  'books/provision/qdrant.nonce',
  'books/provision/neon.nonce',
  'qdrant/storage.sqlite',
];

/** Lists each rejected record; its words for people may change, and keys of the record were added. */
const REJECTS = 'books/validate/rejects.jsonl';

/** All rows, and the stamps without the time at which they were written. */
const ROWS = 'select json_agg(t order by point_id)::text as contents from rag_metadata t';
const STAMPS = `select json_agg(t order by store)::text as contents
  from (select corpus, store, digest, nonce, count from lockstep_stamp) t`;

/** Runs statements, and returns the rows of the last. */
type Sql = (text: string) => Promise<readonly unknown[]>;

/** The services of an index, and access to them. */
interface Place {
  readonly environment: Readonly<Record<string, string>>;
  readonly sql: Sql;
  /** Queries whose results must not change. */
  readonly unchanged: readonly string[];
  readonly close: () => Promise<void>;
}

async function embedded(workspace: string): Promise<Place> {
  return {
    environment: {},
    async sql(text) {
      const db = await PGlite.create({ dataDir: `file://${join(workspace, '.lockstep/postgres')}` });
      const results = await db.exec(text);
      await db.close();
      return results.at(-1)?.rows ?? [];
    },
    unchanged: [ROWS],
    close: async () => {},
  };
}

async function onServer(connectionString: string, text: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function cloud(): Promise<Place> {
  const database: TestDatabase = await createDatabase();
  await onServer(database.connectionString, `create database earlier template template0 encoding 'UTF8' locale 'C'`);
  const { username, password, hostname, port } = new URL(database.connectionString);
  // Host and database are those that the earlier version stored; the parameters give the real address.
  const address = `postgresql://${username}:${password}@earlier.invalid/earlier?host=${hostname}&port=${port}`;
  const receipt = readFileSync(join(FIXTURE, 'cloud/state/books/validate/receipt.json'), 'utf8');
  const { embedder } = JSON.parse(receipt) as { embedder: { host: string } };
  return {
    environment: {
      // No server listens there any more: a run that embeds would fail.
      OPENAI_BASE_URL: `http://${embedder.host}/v1`,
      NEON_POSTGRES_CONNECTION_STRING: address,
      LOCKSTEP_EMBEDDER: 'cloud',
      LOCKSTEP_VECTORS: 'embedded',
      LOCKSTEP_ROWS: 'cloud',
    },
    sql: (text) => onServer(address, text),
    unchanged: [ROWS, STAMPS],
    async close() {
      await onServer(database.connectionString, 'drop database earlier with (force)');
      await database.drop();
    },
  };
}

/**
 * What fixtures/earlier-version holds: one index in the embedded services, one with OpenAI's model and a Postgres
 * server.
 */
describe.each([
  { name: 'embedded', open: embedded, truncated: 1 },
  { name: 'cloud', open: cloud, truncated: 0 },
])('an index of an earlier version, $name', ({ name, open, truncated }) => {
  let workspace: string;
  let place: Place;
  let before: unknown;

  const json = async (...args: string[]) => {
    const { exit, stdout, stderr } = await runIndexer(workspace, [...args, '--json'], place.environment);
    expect(exit, `${stdout}${stderr}`).toBe(0);
    return JSON.parse(stdout) as ReturnType<typeof JSON.parse>;
  };
  const contents = async () => {
    const caches = readdirSync(join(FIXTURE, name, 'state/cache')).map((file) => `cache/${file}`);
    const digests = [...FILES, ...caches].map((file) => {
      const bytes = readFileSync(join(workspace, '.lockstep', file));
      return [file, createHash('sha256').update(bytes).digest('hex')];
    });
    const rejects = readFileSync(join(workspace, '.lockstep', REJECTS), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => ({ ...(JSON.parse(line) as object), message: undefined, keys: undefined }));
    const tables: unknown[] = [];
    for (const text of place.unchanged) tables.push(...(await place.sql(text)));
    return { digests, rejects, tables };
  };

  beforeAll(async () => {
    workspace = mkdtempSync(join(tmpdir(), 'lockstep-earlier-'));
    writeFileSync(join(workspace, 'nx.json'), '{}');
    const earlier = join(FIXTURE, name);
    cpSync(join(earlier, 'state'), join(workspace, '.lockstep'), { recursive: true });
    cpSync(join(earlier, 'chunks.jsonl'), join(workspace, 'books/chunks.jsonl'));
    cpSync(join(earlier, 'settings.json'), join(workspace, 'books/corpus.json'));
    place = await open(workspace);
    await place.sql(readFileSync(join(earlier, 'postgres.sql'), 'utf8'));
    before = await contents();
  });
  afterAll(async () => {
    await place.close();
    rmSync(workspace, { recursive: true, force: true });
  });

  it(`plan has no text to embed and nothing to write for an index of an earlier version, ${name}`, async () => {
    const plan = { add: 0, change: 0, delete: 0, unchanged: 7, held: 1, kept: 3, reasons: {} };
    const nothing = {
      nothingToDo: true,
      embedding: { cachedChunks: 7, texts: 0, tokens: 0 },
      stores: { qdrant: { depth: 'labels', plan }, neon: { depth: 'labels', plan } },
    };
    expect(await json('plan', 'books')).toMatchObject(nothing);
    // Other bytes with the same records, so that the chunks of the state directory are not reused.
    appendFileSync(join(workspace, 'books/chunks.jsonl'), '\n');
    expect(await json('plan', 'books')).toMatchObject(nothing);
  });

  it(`verify finds no difference in an index of an earlier version, ${name}`, async () => {
    expect(await json('verify', 'books', '--level', 'vectors')).toMatchObject({
      ok: true,
      counts: { input: 7, cache: 7, qdrant: 11, neon: 11 },
      held: 1,
      kept: 3,
      notComparable: 0,
      differencesCount: 0,
    });
  });

  it(`a run embeds nothing and writes nothing to an index of an earlier version, ${name}`, async () => {
    const run = await json('run', 'books', '--level', 'content');
    expect(run.validate).toMatchObject({ accepted: 7, rejected: 1, held: 1, truncated });
    expect(run.embed).toMatchObject({ texts: 7, cached: 7, embedded: 0, requests: 0, tokens: 0 });
    expect(run.embed.calls).not.toHaveProperty('openai');
    // Both stamps are valid, so that Nx replays both loads.
    expect(run.provision.stores).toMatchObject({ qdrant: { inStep: true }, neon: { inStep: true } });
    for (const load of ['load-qdrant', 'load-neon']) {
      expect(run[load]).toMatchObject({ written: 0, deleted: 0, countBefore: 11, countAfter: 11 });
    }
    expect(run.verify).toMatchObject({ ok: true, level: 'content', differencesCount: 0 });
    expect(await contents()).toEqual(before);
  });

  it(`status shows the runs of an earlier version, ${name}`, async () => {
    const { runs } = await json('status');
    expect(runs).toMatchObject([
      { fence: 3, state: 'ended', end: { outcome: 'done', counts: { pointsWritten: 0, rowsWritten: 0 } } },
      { fence: 2, state: 'ended', end: { outcome: 'done', counts: { pointsWritten: 1, rowsDeleted: 1 } } },
      { fence: 1, state: 'ended', end: { outcome: 'done', counts: { pointsWritten: 12, rowsWritten: 12 } } },
    ]);
  });
});
