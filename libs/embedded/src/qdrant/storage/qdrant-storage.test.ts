import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { QdrantClient } from '@qdrant/js-client-rest';
import { describe, expect, it } from 'vitest';
import { startEmbeddedQdrant } from '../start-embedded-qdrant.ts';
import { openQdrantStorage } from './qdrant-storage.ts';

const temporary = () => mkdtempDisposable(join(tmpdir(), 'qdrant-storage-'));
const connect = (url: string) => new QdrantClient({ url, checkCompatibility: false });
const vectors = { size: 3, distance: 'Cosine' } as const;
const pointsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: first + index,
    vector: [1, first + index, 0.5],
    payload: { corpus: 'c', n: first + index },
  }));

/** A server of `directory` in a process of its own, which ends when it is killed or its stdin ends. */
async function startChild(directory: string): Promise<{ child: ChildProcess; url: string; ended: Promise<unknown> }> {
  const module = JSON.stringify(new URL('../start-embedded-qdrant.ts', import.meta.url).href);
  const code = `
    import { startEmbeddedQdrant } from ${module};
    process.stdin.on('end', () => process.exit()).resume();
    const { url } = await startEmbeddedQdrant({ directory: process.argv[1] });
    console.log(url);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for await (const url of createInterface({ input: child.stdout })) return { child, url, ended };
  throw new Error('the child ended before it had started its server');
}

async function allIds(client: QdrantClient): Promise<(string | number)[]> {
  return (await client.scroll('c', { limit: 100_000, with_payload: false })).points.map(({ id }) => id);
}

/** Runs SQLite's integrity check, and compares the stored counters with the tables. */
function checkFile(directory: string): void {
  const database = new DatabaseSync(join(directory, 'storage.sqlite'));
  const one = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
  expect(one('PRAGMA integrity_check')).toBe('ok');
  expect(one('SELECT sum(points_count) FROM collections')).toBe(one('SELECT count(*) FROM points'));
  expect(one('SELECT count(*) FROM points JOIN vectors USING (slot)')).toBe(one('SELECT count(*) FROM vectors'));
  expect(one('SELECT sum(points) FROM payload_indexes')).toBe(one('SELECT count(*) FROM payload_keys'));
  database.close();
}

describe('the storage', () => {
  it('a reopened storage has its collections, indexes, aliases and points again', async () => {
    await using directory = await temporary();
    const first = await startEmbeddedQdrant({ directory: directory.path });
    const before = connect(first.url);
    await before.createCollection('c', { vectors, optimizers_config: { indexing_threshold: 5 } });
    await before.createPayloadIndex('c', { field_name: 'corpus', field_schema: 'keyword', wait: true });
    await before.upsert('c', { wait: true, points: pointsFrom(1, 10) });
    await before.updateCollectionAliases({ actions: [{ create_alias: { alias_name: 'a', collection_name: 'c' } }] });
    const described = await before.getCollection('c');
    const points = await before.scroll('c', { with_vector: true });
    await first.close();

    const second = await startEmbeddedQdrant({ directory: directory.path });
    const after = connect(second.url);
    expect(await after.getCollection('a')).toEqual(described);
    expect(await after.scroll('a', { with_vector: true })).toEqual(points);
    await second.close();
  });

  it('scroll, count and search of one server find what another server wrote', async () => {
    await using directory = await temporary();
    const servers = await Promise.all([1, 2].map(() => startEmbeddedQdrant({ directory: directory.path })));
    const [one, two] = servers.map(({ url }) => connect(url)) as [QdrantClient, QdrantClient];
    await one.createCollection('c', { vectors });
    const nearest = async (client: QdrantClient, query: number[]) =>
      (await client.query('c', { query, limit: 1 })).points.map(({ id }) => id);

    await one.upsert('c', { wait: true, points: [{ id: 1, vector: [1, 0, 0] }] });
    expect([await allIds(two), await two.count('c'), await nearest(two, [0, 1, 0])]).toEqual([[1], { count: 1 }, [1]]);
    await two.upsert('c', { wait: true, points: [{ id: 2, vector: [0, 1, 0] }] });
    expect([await allIds(one), await one.count('c'), await nearest(one, [0, 1, 0])]).toEqual([
      [1, 2],
      { count: 2 },
      [2],
    ]);
    // Both servers have vectors in memory by now. A replaced vector and a deleted point must not be found.
    await one.upsert('c', { wait: true, points: [{ id: 2, vector: [0, 0, 1] }] });
    expect(await nearest(two, [0, 0, 1])).toEqual([2]);
    await two.delete('c', { wait: true, points: [2] });
    expect(await nearest(one, [0, 0, 1])).toEqual([1]);
    // A new collection with the name of a deleted one.
    await one.deleteCollection('c');
    await one.createCollection('c', { vectors });
    await one.upsert('c', { wait: true, points: [{ id: 9, vector: [0, 0, 1] }] });
    expect([await nearest(two, [1, 0, 0]), await two.count('c')]).toEqual([[9], { count: 1 }]);
    await Promise.all(servers.map(({ close }) => close()));
  });

  it('a write waits for the lock of another process without blocking reads', async () => {
    await using directory = await temporary();
    const server = await startEmbeddedQdrant({ directory: directory.path });
    const client = connect(server.url);
    await client.createCollection('c', { vectors });
    const other = new DatabaseSync(join(directory.path, 'storage.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    let written = false;
    const write = client.upsert('c', { wait: true, points: pointsFrom(1, 1) }).then(() => (written = true));
    for (let round = 0; round < 5; round += 1) expect(await client.count('c')).toEqual({ count: 0 });
    expect(written).toBe(false);
    other.exec('COMMIT');
    other.close();
    await write;
    expect(await client.count('c')).toEqual({ count: 1 });
    await server.close();
  });

  it(
    'several processes that start on a new directory at the same time can all write',
    { timeout: 60_000 },
    async () => {
      await using directory = await temporary();
      const children = await Promise.all([1, 2, 3].map(() => startChild(directory.path)));
      const clients = children.map(({ url }) => connect(url));
      await clients[0]?.createCollection('c', { vectors });
      await clients[0]?.createPayloadIndex('c', { field_name: 'n', field_schema: 'integer', wait: true });
      await Promise.all(
        clients.map(async (client, index) => {
          for (let batch = 0; batch < 12; batch += 1) {
            await client.upsert('c', { wait: true, points: pointsFrom(index * 1000 + batch * 25, 25) });
          }
        }),
      );
      for (const client of clients) expect(await client.count('c')).toEqual({ count: 900 });
      for (const { child, ended } of children) {
        child.stdin?.end();
        await ended;
      }
      checkFile(directory.path);
    },
  );

  it('no acknowledged point is lost when a process is killed while it writes', { timeout: 60_000 }, async () => {
    await using directory = await temporary();
    const acknowledged: number[] = [];
    const first = await startEmbeddedQdrant({ directory: directory.path });
    await connect(first.url).createCollection('c', { vectors });
    await connect(first.url).createPayloadIndex('c', { field_name: 'n', field_schema: 'integer', wait: true });
    await first.close();
    for (let round = 0; round < 4; round += 1) {
      const { child, url, ended } = await startChild(directory.path);
      const client = connect(url);
      const send = async (batch: number) => {
        const points = pointsFrom(round * 1000 + batch * 20, 20);
        await client.upsert('c', { wait: true, points });
        acknowledged.push(...points.map(({ id }) => id));
      };
      for (let batch = 0; batch < 4 + round; batch += 1) await send(batch);
      // These are under way when the process dies: each is written whole or not at all.
      const underWay = [20, 21, 22, 23].map(send);
      await Promise.race(underWay);
      child.kill('SIGKILL');
      await Promise.allSettled(underWay);
      await ended;
    }
    const last = await startEmbeddedQdrant({ directory: directory.path });
    const ids = new Set(await allIds(connect(last.url)));
    expect(acknowledged.length).toBeGreaterThanOrEqual(4 * 20 * 5);
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    expect(ids.size % 20).toBe(0);
    await last.close();
    checkFile(directory.path);
  });

  it('a file of a newer format is refused and not changed', async () => {
    await using directory = await temporary();
    (await openQdrantStorage({ directory: directory.path })).close();
    const file = join(directory.path, 'storage.sqlite');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(openQdrantStorage({ directory: directory.path })).rejects.toMatchObject({
      code: 'disk-failed',
      message: `Cannot open the embedded Qdrant in ${directory.path} (${file} has format 99, this version reads format 1).`,
    });
  });

  it.skipIf(process.platform === 'win32')(
    'the error for a directory that cannot be written names it and the reason',
    async () => {
      await using directory = await temporary();
      const file = join(directory.path, 'file');
      writeFileSync(file, '');
      const refusal = async (place: string) => openQdrantStorage({ directory: place }).catch((error: unknown) => error);
      expect(await refusal(join(file, 'qdrant'))).toMatchObject({
        code: 'disk-failed',
        message: expect.stringMatching(/^Cannot open the embedded Qdrant in .*file\/qdrant \(ENOTDIR: /) as string,
      });
      // Permissions do not stop a superuser.
      if (process.getuid?.() === 0) return;
      chmodSync(directory.path, 0o500);
      for (const place of [directory.path, join(directory.path, 'a', 'b')]) {
        expect(await refusal(place)).toMatchObject({
          code: 'disk-failed',
          message: expect.stringContaining(`${place} (EACCES: `) as string,
        });
      }
      chmodSync(directory.path, 0o700);
    },
  );

  it('a closed storage refuses reads with 503', async () => {
    await using directory = await temporary();
    const storage = await openQdrantStorage({ directory: directory.path });
    storage.close();
    storage.close();
    await expect(storage.read(() => 1)).rejects.toMatchObject({ status: 503 });
  });

  it('every commit is synced, so that a crash of the machine loses nothing', async () => {
    await using directory = await temporary();
    const storage = await openQdrantStorage({ directory: directory.path });
    const settings = await storage.read((tx) => [tx.get('PRAGMA synchronous'), tx.get('PRAGMA journal_mode')]);
    expect(settings).toEqual([{ synchronous: 2 }, { journal_mode: 'wal' }]);
    storage.close();
  });
});
