import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstantGuard, failureOf, allTextOf } from '@lockstep/testing-ports';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { createPgClient } from './pg-client.ts';

const { guard } = createInstantGuard('neon');

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A server on loopback that calls `onConnection` with each connection. */
async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('createPgClient', () => {
  it.each(['postgresql://me:secret@h:port/db', 'mysql://me:secret@h/db', 'secret'])(
    'an invalid connection string is refused and not shown (case %#)',
    (connectionString) => {
      const refusal = new RangeError('the connection string is not a valid postgresql:// URL');
      expect(() => createPgClient({ connectionString, guard })).toThrow(refusal);
    },
  );

  it.each([0, 1.5, Number.NaN])('a limit of %d connections is refused', (connectionsMax) => {
    const options = { connectionString: 'postgresql://h/db', guard, connectionsMax };
    expect(() => createPgClient(options)).toThrow(RangeError);
  });

  it('a query to a server that cannot be reached is tried again, and its error has the reason and not the password', async () => {
    let connections = 0;
    const server = await listen((socket) => {
      connections += 1;
      socket.destroy();
    });
    const client = createPgClient({
      connectionString: `postgresql://me:hunter2@127.0.0.1:${portOf(server)}/db`,
      guard,
    });
    const cut = await failureOf(client.query(['select 1']));
    server.close();
    await once(server, 'close');
    const refused = await failureOf(client.query(['select 1']));
    await client.close();

    expect([cut.code, refused.code]).toEqual(['service-unavailable', 'service-unavailable']);
    expect(connections).toBe(3);
    expect(String(refused)).toContain('ECONNREFUSED');
    expect(allTextOf([cut, refused])).not.toContain('hunter2');
  });

  it('close does not wait for a server that never answers', async () => {
    const sockets: Socket[] = [];
    const server = await listen((socket) => void sockets.push(socket));
    const arrived = once(server, 'connection');
    const { guard: singleAttempt } = createInstantGuard('neon', { attemptsMax: 1 });
    const client = createPgClient({
      connectionString: `postgresql://me:hunter2@127.0.0.1:${portOf(server)}/db`,
      guard: singleAttempt,
    });
    const query = failureOf(client.query(['select 1']));
    await arrived;
    let isQueryOver = false;
    void query.then(() => (isQueryOver = true));
    await client.close();
    expect(isQueryOver).toBe(false);
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(await query).toMatchObject({ code: 'service-unavailable' });
  });

  it('a closed client refuses statements, and can be closed again', async () => {
    const client = createPgClient({ connectionString: 'postgresql://127.0.0.1:1/db', guard });
    await client.close();
    await client.close();
    expect(await failureOf(client.query(['select 1']))).toMatchObject({ code: 'service-unavailable' });
  });
});

describe('createPgClient over a Postgres server', { timeout: 20_000 }, () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());
  const open = (connectionsMax: number) =>
    createPgClient({ connectionString: database.connectionString, guard, connectionsMax });

  it('an aborted transaction is rolled back, and its connection makes room for another', async () => {
    const client = open(1);
    await client.query(['create table aborted (id int)']);
    const abort = new AbortController();
    const reason = new Error('enough');
    const run = client.transaction([['insert into aborted values (1)'], ['select pg_sleep(0.5)']], {
      signal: abort.signal,
    });
    // By then the last statement is running.
    setTimeout(() => abort.abort(reason), 200);
    await expect(run).rejects.toBe(reason);
    expect(await client.query(['select * from aborted'])).toEqual([]);
    await client.close();
  });

  it('a client makes a new connection after the server ended one', async () => {
    const client = open(1);
    const before = guard.stats().requests;
    const ended = failureOf(client.query(['select pg_terminate_backend(pg_backend_pid())']));
    expect(await ended).toMatchObject({ code: 'service-unavailable', details: { sqlState: '57P01' } });
    expect(guard.stats().requests - before).toBe(3);
    expect(await client.query(['select 1 as one'])).toEqual([{ one: 1 }]);
    await client.close();
  });

  it('a client keeps its connection when a transaction fails', async () => {
    const client = open(1);
    const pid = async () => await client.query(['select pg_backend_pid()']);
    const before = await pid();
    expect(await failureOf(client.transaction([['select 1 / 0']]))).toMatchObject({ details: { sqlState: '22012' } });
    expect(await pid()).toEqual(before);
    await client.close();
  });

  it('a client uses no more connections than connectionsMax', async () => {
    const client = open(2);
    const pids = await Promise.all(Array.from({ length: 12 }, () => client.query(['select pg_backend_pid() as pid'])));
    expect(new Set(pids.map(([row]) => row?.['pid'])).size).toBeLessThanOrEqual(2);
    await client.close();
  });

  it('a statement that took effect is sent again when its answer was lost', async () => {
    const url = new URL(database.connectionString);
    const server = { port: Number(url.port), host: url.hostname };
    let losses = 0;
    const proxy = await listen((socket) => {
      const upstream = connect(server);
      socket.on('error', () => {}).pipe(upstream);
      upstream
        .on('error', () => {})
        .on('data', (answer) => {
          if (losses > 0 || !answer.includes('INSERT 0 1')) return void socket.write(answer);
          losses += 1;
          socket.destroy();
          upstream.end();
        });
    });
    url.hostname = '127.0.0.1';
    url.port = String(portOf(proxy));
    const client = createPgClient({ connectionString: url.href, guard });
    await client.query(['create table lost (id int primary key, writes int not null)']);
    const before = guard.stats().requests;
    await client.query(['insert into lost values (1, 1) on conflict (id) do update set writes = lost.writes + 1']);
    expect([losses, guard.stats().requests - before]).toEqual([1, 2]);
    expect(await client.query(['select * from lost'])).toEqual([{ id: 1, writes: 2 }]);
    await client.close();
    proxy.close();
  });
});
