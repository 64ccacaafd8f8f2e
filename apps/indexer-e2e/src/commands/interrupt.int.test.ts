import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { createPostgresNeon, createStubOpenAiHandler, forwardTo, startFaultyServices } from '@lockstep/testing-faults';
import { createDatabase } from '@lockstep/testing-postgres';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CLOUD_EMBED_CONCURRENCY } from '@lockstep/indexer/wiring/open-services';
import { endsWithin } from '../support/ends-within.ts';
import { startIndexer } from '../support/run-indexer.ts';

const DIMENSIONS = 8;
const BATCH = 10;

/** Far longer than the program may take to stop, and far shorter than it waits for a service that does not answer. */
const STOP_MS_MAX = 1_900;

let folder: string;
let cleanups: (() => unknown)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-interrupt-'));
  cleanups = [() => rmSync(folder, { recursive: true, force: true })];
  writeFileSync(join(folder, 'nx.json'), '{}');
  mkdirSync(join(folder, 'books'));
  const records = Array.from({ length: 12 * BATCH }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));
  writeFileSync(join(folder, 'books/chunks.json'), JSON.stringify(records));
  const config = { name: 'books', input: 'chunks.json', dimensions: DIMENSIONS, batchSize: BATCH };
  writeFileSync(join(folder, 'books/corpus.json'), JSON.stringify(config));
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

function savedVectors(): number {
  const cache = join(folder, '.lockstep/cache');
  const files = readdirSync(cache).filter((name) => name.endsWith('.jsonl'));
  return files.reduce((sum, name) => sum + readFileSync(join(cache, name), 'latin1').split('\n').length - 1, 0);
}

it('an interrupted run stops at once while services do not answer, and reports all that may have been paid', async () => {
  const database = await createDatabase();
  cleanups.push(() => database.drop());
  const sql = createPostgresNeon(database);
  cleanups.push(() => sql.close());
  const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
  cleanups.push(() => qdrant.close());
  const silence = Promise.withResolvers<void>();
  let isSilent = false;
  const struck = Promise.withResolvers<void>();
  const services = await startFaultyServices({
    handlers: {
      openai: createStubOpenAiHandler({ dimensions: DIMENSIONS }),
      qdrant: forwardTo(qdrant.url),
      async neon(request) {
        if (isSilent) await silence.promise;
        return sql.handler(request);
      },
    },
    script: { openai: [{ from: 3, fault: { stall: 'in-body' } }] },
    onFault: () => struck.resolve(),
  });
  cleanups.push(() => services.close());
  cleanups.push(() => silence.resolve());

  const run = startIndexer(folder, ['run', 'books'], services.environment);
  await struck.promise;
  isSilent = true;
  run.interrupt();
  expect(await endsWithin(run.ended, STOP_MS_MAX)).toBe(true);
  const { exit, stderr } = await run.ended;
  expect(exit).toBe(1);
  expect(stderr).toContain('error aborted in embed: Stopped. What was embedded is saved.');
  const possiblyPaid = Number(/inputs-possibly-paid itemCount=(\d+)/.exec(stderr)?.[1]);
  expect(savedVectors() + possiblyPaid).toBeGreaterThanOrEqual(services.openai.counts().worked);
  expect(possiblyPaid).toBeLessThanOrEqual(CLOUD_EMBED_CONCURRENCY * BATCH);
});

it.each(['a connection is open', 'a statement is sent'])(
  'an interrupted run stops at once when Postgres does not answer after %s',
  async (since) => {
    const database = await createDatabase();
    cleanups.push(() => database.drop());
    const url = new URL(database.connectionString);
    const behind = { host: url.hostname, port: Number(url.port) };
    const silent = Promise.withResolvers<void>();
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      if (since === 'a connection is open') return silent.resolve();
      const postgres = connect(behind);
      sockets.push(postgres);
      postgres.pipe(socket);
      socket
        .on('error', () => {})
        .on('data', (message) => {
          // A statement begins with a Parse message; from there on nothing is passed to Postgres.
          if (message[0] === 'P'.charCodeAt(0)) silent.resolve();
          else postgres.write(message);
        });
    }).listen(0, '127.0.0.1');
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server, 'listening');
    url.port = String((server.address() as AddressInfo).port);
    const run = startIndexer(folder, ['run', 'books', '--only', 'neon'], {
      OPENAI_API_KEY: 'none',
      NEON_POSTGRES_CONNECTION_STRING: url.href,
    });
    await Promise.race([silent.promise, run.ended]);
    run.interrupt();
    expect(await endsWithin(run.ended, STOP_MS_MAX)).toBe(true);
    expect(await run.ended).toMatchObject({ exit: 1 });
    expect((await run.ended).stderr).toContain('error aborted in plan: Stopped.');
  },
);
