import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../..');

/** Hands the names of all variables that are read to a file, when the process ends. */
const RECORDER = `
  import { writeFileSync } from 'node:fs';
  const names = new Set();
  const note = (name) => typeof name === 'string' && names.add(name);
  process.env = new Proxy(process.env, {
    get: (variables, name) => (note(name), variables[name]),
    has: (variables, name) => (note(name), name in variables),
  });
  process.on('exit', () => writeFileSync('names.json', JSON.stringify([...names])));
`;

/** Read by Node and by libraries, without an effect on what the program does. */
const WITHOUT_EFFECT = [
  'CI', // consola
  'CONSOLA_LEVEL', // consola; the program sets the level
  'JEST_WORKER_ID', // undici
  'NODE_PG_FORCE_NATIVE', // pg, which needs another package for it
  'OPENAI_CUSTOM_HEADERS', // openai; the program drops them
  'PATH',
  'PGBINARY', // pg
  'PGCONNECT_TIMEOUT', // pg; the program sets it
  'PGREPLICATION', // pg
  'TEST', // consola
  'UNDICI_NO_WASM_SIMD', // undici
  'USER', // pg; the connection string names the user
  'WATCH_REPORT_DEPENDENCIES', // Node
];
/** For Node itself. */
const OF_NODE = /^NODE_(CLUSTER_SCHED_POLICY|COMPILE_CACHE.*|V8_COVERAGE)$/;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-variables-'));
  writeFileSync(join(folder, 'recorder.mjs'), RECORDER);
  writeFileSync(join(folder, 'chunks.json'), '[{ "id": "a", "text": "Whales are mammals." }]');
});
afterAll(() => rmSync(folder, { recursive: true }));

function namesRead(typed: readonly string[], variables: Readonly<Record<string, string>> = {}): readonly string[] {
  const binary = join(ROOT, 'apps/indexer/bin/indexer.js');
  const { PATH = '' } = process.env;
  spawnSync(process.execPath, ['--import', join(folder, 'recorder.mjs'), binary, ...typed], {
    cwd: folder,
    env: { PATH, ...variables },
  });
  return JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8')) as string[];
}

it('docs/variables.md has every variable that a run and a look at services read, and no other has an effect', () => {
  const page = readFileSync(join(ROOT, 'docs/variables.md'), 'utf8');
  const documented = new Set([...page.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const services = {
    OPENAI_API_KEY: 'x',
    OPENAI_BASE_URL: 'http://127.0.0.1:1',
    QDRANT_HOST: 'http://127.0.0.1:1',
    NEON_POSTGRES_CONNECTION_STRING: 'postgresql://user:x@127.0.0.1:1/database',
  };
  const read = new Set([...namesRead(['run', 'chunks.json']), ...namesRead(['doctor'], services)]);
  const others = [...read].filter((name) => !documented.has(name) && !OF_NODE.test(name));
  expect(others.filter((name) => !WITHOUT_EFFECT.includes(name))).toEqual([]);
  // That the reads are seen, of the program and of a library.
  for (const name of ['LOCKSTEP_PROFILE', 'NO_COLOR', 'DATABASE_URL', 'PGSSLMODE']) expect(read).toContain(name);
});
