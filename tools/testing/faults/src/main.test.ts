import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startFaultServer, type FaultServer } from './fault-server.ts';

/** Sends the addresses of Qdrant and Neon, as `serve-embedded.ts` does, and runs until it is disconnected. */
const BEHIND = `process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.send(JSON.parse(process.env.BEHIND));`;

let folder: string;
let behind: FaultServer;
let program: ChildProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-faults-test-'));
  behind = await startFaultServer({ handler: async () => Response.json({ result: true }) });
  writeFileSync(join(folder, 'behind.mjs'), BEHIND);
});

afterEach(() => void program.kill('SIGKILL'));

afterAll(async () => {
  await behind.close();
  rmSync(folder, { recursive: true });
});

function startProgram(script: unknown, port = 0) {
  const file = join(folder, 'script.json');
  writeFileSync(file, JSON.stringify(script));
  const args = [
    join(import.meta.dirname, 'main.ts'),
    file,
    '--port',
    String(port),
    '--behind',
    join(folder, 'behind.mjs'),
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, BEHIND: JSON.stringify({ qdrant: behind.url, neon: behind.url }) },
  });
  program = child;
  const printed = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (printed.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (printed.err += data.toString()));
  return { child, printed };
}

it('the command prints the variables, each fault when it begins, and at the end the totals of each service', async () => {
  const { child, printed } = startProgram({
    about: 'A test.',
    openai: [{ nth: 1, when: 'after', fault: { status: 503 } }],
    qdrant: [{ nth: 2, fault: { reset: true } }],
  });
  while (!printed.out.includes('NEON_FETCH_ENDPOINT')) await once(child.stdout, 'data');
  const variables = Object.fromEntries(
    [...printed.out.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
  );
  const embed = (): Promise<Response> =>
    fetch(`${variables['OPENAI_BASE_URL']}/embeddings`, { method: 'POST', body: '{"input":["a","b"]}' });
  expect([(await embed()).status, (await embed()).status]).toEqual([503, 200]);
  expect((await fetch(`${variables['QDRANT_HOST']}/collections`)).status).toBe(200);
  await expect(fetch(`${variables['QDRANT_HOST']}/collections`)).rejects.toThrow('fetch failed');
  expect((await fetch(String(variables['NEON_FETCH_ENDPOINT']), { method: 'POST', body: '{}' })).status).toBe(200);
  expect(behind.log.map(({ path }) => path)).toEqual(['/collections', '/sql']);
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(printed.err).toMatch(
    /^A test\.\n +[\d.]+ s {2}openai {2}#1 POST \/v1\/embeddings: status 503, its work done\n +[\d.]+ s {2}qdrant {2}#2 GET \/collections: reset\n$/,
  );
  expect(printed.out.split('\n').slice(-4)).toEqual([
    'openai  {"requests":2,"struck":1,"worked":4,"workedButFailed":2}',
    'qdrant  {"requests":2,"struck":1,"worked":1,"workedButFailed":0}',
    'neon    {"requests":1,"struck":0,"worked":1,"workedButFailed":0}',
    '',
  ]);
});

it('the command reports what is wrong in a script, and starts nothing', async () => {
  const { child, printed } = startProgram({ neon: [{ fault: { rest: true } }] });
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(printed.out).toBe('');
  expect(printed.err).toContain('\nneon[0].fault.rest: not known; expected one of ');
});

it('the command ends with a message when a port is taken', async () => {
  const { child, printed } = startProgram({}, Number(new URL(behind.url).port));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(printed.err).toMatch(/^listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+\n$/);
});
