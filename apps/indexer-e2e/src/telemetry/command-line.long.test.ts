import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFaultServer, startStubOpenAi, type FaultServer, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runIndexer, startIndexer } from '../support/run-indexer.ts';
import { preloaded, readSpans } from './written-spans.ts';

const DIMENSIONS = 8;
const TRACE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${TRACE.traceId}-${TRACE.spanId}-01`;

let folder: string;
let file: string;
let openai: StubOpenAi;
let database: TestDatabase;
let silent: FaultServer | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-telemetry-cli-'));
  file = join(folder, 'spans.jsonl');
  writeFileSync(join(folder, 'nx.json'), '{}');
  mkdirSync(join(folder, 'books'));
  const records = Array.from({ length: 4 }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));
  writeFileSync(join(folder, 'books/chunks.json'), JSON.stringify(records));
  const config = { name: 'books', input: 'chunks.json', dimensions: DIMENSIONS };
  writeFileSync(join(folder, 'books/corpus.json'), JSON.stringify(config));
  openai = await startStubOpenAi({ dimensions: DIMENSIONS });
  database = await createDatabase();
});
afterEach(async () => {
  await silent?.close();
  silent = undefined;
  await openai.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const services = () => ({
  OPENAI_API_KEY: 'none',
  OPENAI_BASE_URL: openai.baseUrl,
  NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
  ...{ LOCKSTEP_EMBEDDER: 'cloud', LOCKSTEP_VECTORS: 'embedded', LOCKSTEP_ROWS: 'cloud' },
});

it('a command sends its spans in batches before it ends, in one trace', async () => {
  const { exit, stderr } = await runIndexer(folder, ['run', 'books'], { ...services(), ...preloaded(file) });
  expect(exit, stderr).toBe(0);
  const spans = readSpans(file);
  const root = spans.at(-1);
  expect(root).toMatchObject({ name: 'lockstep run', attributes: { 'process.exit.code': 0 }, status: { code: 0 } });
  expect(root?.parentId).toBeUndefined();
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(spans.filter(({ parentId }) => parentId !== undefined && !ids.has(parentId))).toEqual([]);
  expect(spans.filter(({ name }) => name === 'request openai')).toHaveLength(openai.seen.requests);
});

it('a command that fails tells the code of its error, and a verify that finds differences its exit code', async () => {
  const failed = await runIndexer(folder, ['run', 'nothing'], { ...services(), ...preloaded(file) });
  expect(failed.exit).toBe(2);
  expect(readSpans(file)).toMatchObject([{ name: 'lockstep run', attributes: { 'error.type': 'input-missing' } }]);

  await runIndexer(folder, ['run', 'books'], services());
  const records = [{ id: 'c0', text: 'text 0' }];
  writeFileSync(join(folder, 'books/chunks.json'), JSON.stringify(records));
  await runIndexer(folder, ['validate', 'books'], services());
  rmSync(file);
  const differing = await runIndexer(folder, ['verify', 'books'], { ...services(), ...preloaded(file) });
  expect(differing.exit).toBe(5);
  const [verify] = readSpans(file).filter(({ name }) => name === 'stage verify');
  expect(verify?.attributes).toMatchObject({ 'lockstep.in_step': false, 'lockstep.differences': 6 });
  expect(readSpans(file).at(-1)).toMatchObject({ status: { code: 2 }, attributes: { 'process.exit.code': 5 } });
});

it('a command goes on with the trace that TRACEPARENT names, also where Nx names another one', async () => {
  const own = { LOCKSTEP_TRACEPARENT: TRACEPARENT.replace(/0af7/, 'ffff') };
  await runIndexer(folder, ['validate', 'books'], { ...services(), ...preloaded(file), ...own });
  await runIndexer(folder, ['validate', 'books'], { ...services(), ...preloaded(file), ...own, TRACEPARENT });
  const roots = readSpans(file).filter(({ name }) => name === 'lockstep validate');
  expect(roots.map(({ traceId, parentId }) => ({ traceId, spanId: parentId }))).toEqual([
    { ...TRACE, traceId: TRACE.traceId.replace(/0af7/, 'ffff') },
    TRACE,
  ]);
});

it('the variable that Nx hands on is no misspelt variable', async () => {
  const { stderr } = await runIndexer(folder, ['validate', 'books'], {
    ...services(),
    LOCKSTEP_TRACEPARENT: TRACEPARENT,
  });
  expect(stderr).not.toContain('TRACEPARENT');
});

it('an interrupted run sends its spans too', async () => {
  silent = await startFaultServer({
    handler: async () => new Response('{}'),
    rules: [{ fault: { stall: 'before-headers' } }],
  });
  const started = startIndexer(folder, ['run', 'books', '--only', 'embed'], {
    ...services(),
    ...preloaded(file),
    OPENAI_BASE_URL: `${silent.url}/v1`,
  });
  await expect.poll(() => silent?.counts().requests, { timeout: 30_000 }).toBe(1);
  started.interrupt();
  expect((await started.ended).exit).toBe(1);
  const spans = readSpans(file);
  for (const name of ['request openai', 'embeddings text-embedding-3-small', 'stage embed', 'lockstep run']) {
    const span = spans.find((each) => each.name === name);
    expect(span?.attributes, name).toMatchObject({ 'error.type': 'aborted' });
  }
});

it('a collector that does not answer holds a command up for ten seconds at most, and is told', async () => {
  const { exit, stderr } = await runIndexer(folder, ['validate', 'books'], { ...services(), ...preloaded('never') });
  expect(exit).toBe(0);
  expect(stderr).toContain('telemetry telemetry-not-sent reason="no answer within 10 s"');
});

/** Variables with which a program preloads the text of a module. */
const preloadedText = (text: string) => ({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(text)}` });

it('providers that are registered where the package of the API cannot be found are told, and the command goes on', async () => {
  const withoutApi = `import { registerHooks } from 'node:module';
    globalThis[Symbol.for('opentelemetry.js.api.1')] = { version: '1.9.0' };
    registerHooks({ resolve(name, context, next) {
      if (name === '@opentelemetry/api') throw Object.assign(new Error(name), { code: 'ERR_MODULE_NOT_FOUND' });
      return next(name, context);
    } });`;
  const variables = { ...services(), ...preloadedText(withoutApi) };
  const { exit, stderr } = await runIndexer(folder, ['validate', 'books'], variables);
  expect(exit).toBe(0);
  expect(stderr).toMatch(/^\[warn\] telemetry telemetry-off hint=".*@opentelemetry\/api is not installed beside/m);
});

it('a command without anything registered loads nothing of OpenTelemetry', async () => {
  const tellLoaded = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;
  const args = ['run', 'books', '--only', 'embed'];
  const { exit, stderr } = await runIndexer(folder, args, { ...services(), ...preloadedText(tellLoaded) });
  expect(exit).toBe(0);
  expect(stderr).toContain('libs/resilience/src/guard/guard.ts');
  expect(stderr).not.toMatch(/@opentelemetry|libs\/telemetry/);
});
