import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import process from 'node:process';

import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPgBackend } from './pg-backend.ts';
import { PostgresError, PostgresUnavailableError } from './postgres-error.ts';

const query = (text: string) => [{ text, values: [] }];

describe('createPgBackend', () => {
  it.each(['postgresql://me:secret@h:port/db', 'mysql://me:secret@h/db', 'secret'])(
    'refuses a broken connection string without showing it: %#',
    (connectionString) => {
      const refusal = new RangeError('the connection string is not a valid postgresql:// URL');
      expect(() => createPgBackend({ connectionString })).toThrow(refusal);
    },
  );

  it.each([0, 1.5, Number.NaN])('refuses %d connections', (connectionsMax) => {
    expect(() => createPgBackend({ connectionString: 'postgresql://h/db', connectionsMax })).toThrow(RangeError);
  });

  it('says why a server cannot be reached, and keeps the password to itself', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const backend = createPgBackend({ connectionString: `postgresql://me:hunter2@127.0.0.1:${port}/db` });
    const cut = await backend.run(query('SELECT 1')).catch((error: unknown) => error);
    await new Promise((resolve) => server.close(resolve));
    const refused = await backend.run(query('SELECT 1')).catch((error: unknown) => error);
    await backend.close();

    expect(cut).toBeInstanceOf(PostgresUnavailableError);
    expect(refused).toBeInstanceOf(PostgresUnavailableError);
    expect(String(refused)).toContain('ECONNREFUSED');
    expect(JSON.stringify([cut, refused], Object.getOwnPropertyNames(cut))).not.toContain('hunter2');
  });

  it('does not wait at its end for a server that is silent', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    const arrived = once(server, 'connection');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const backend = createPgBackend({ connectionString: `postgresql://me:hunter2@127.0.0.1:${port}/db` });
    const run = backend.run(query('SELECT 1')).catch((error: unknown) => error);
    await arrived;
    let isGivenUp = false;
    void run.then(() => (isGivenUp = true));
    await backend.close();
    expect(isGivenUp).toBe(false);
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(await run).toBeInstanceOf(PostgresUnavailableError);
  });

  it('refuses requests after it was closed', async () => {
    const backend = createPgBackend({ connectionString: 'postgresql://127.0.0.1:1/db' });
    await backend.close();
    await backend.close();
    await expect(backend.run(query('SELECT 1'))).rejects.toBeInstanceOf(PostgresUnavailableError);
  });
});

describe('createPgBackend over a Postgres server', { timeout: 20_000 }, () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());
  const open = (connectionsMax = 2) => createPgBackend({ connectionString: database.connectionString, connectionsMax });

  it('rolls back what an aborted transaction did, and gives its connection up', async () => {
    const backend = open(1);
    const table = `pg_backend_${process.pid}`;
    await backend.run(query(`CREATE TABLE ${table} (id int)`));
    const abort = new AbortController();
    const reason = new Error('enough');
    const run = backend.run([...query(`INSERT INTO ${table} VALUES (1)`), ...query('SELECT pg_sleep(0.5)')], {
      transaction: {},
      signal: abort.signal,
      // By then the next statement is on its way.
      onResult: () => setImmediate(() => abort.abort(reason)),
    });
    await expect(run).rejects.toBe(reason);
    const [result] = await backend.run(query(`SELECT * FROM ${table}`));
    expect(result?.rows).toEqual([]);
    await backend.run(query(`DROP TABLE ${table}`));
    await backend.close();
  });

  it('works on with a new connection after the server ended one', async () => {
    const backend = open(1);
    const ended = backend.run(query('SELECT pg_terminate_backend(pg_backend_pid())'));
    const error = await ended.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PostgresError);
    expect(error).toMatchObject({ fields: { code: '57P01' } });
    const [result] = await backend.run(query('SELECT 1'));
    expect(result?.rows).toEqual([['1']]);
    await backend.close();
  });

  it('keeps its connection when a transaction fails', async () => {
    const backend = open(1);
    const pid = async () => (await backend.run(query('SELECT pg_backend_pid()')))[0]?.rows;
    const before = await pid();
    await expect(backend.run(query('SELECT 1/0'), { transaction: {} })).rejects.toBeInstanceOf(PostgresError);
    expect(await pid()).toEqual(before);
    await backend.close();
  });

  it('uses no more connections than allowed', async () => {
    const backend = open(2);
    const runs = Array.from({ length: 12 }, () => backend.run(query('SELECT pg_backend_pid()')));
    const pids = new Set((await Promise.all(runs)).map(([result]) => result?.rows[0]?.[0]));
    expect(pids.size).toBeLessThanOrEqual(2);
    await backend.close();
  });
});
