import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStubOpenAiHandler, startFaultServer } from '@lockstep/testing-faults';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stubOpenAiEnvironment } from '../support/stub-openai-environment.ts';
import { startTerminal, type SessionOptions, type TerminalSession } from './terminal-session.ts';

const DIMENSIONS = 8;
const BATCH = 10;
const RECORDS = 120;
const WIDTHS = [40, 80, 200];

let folder: string;
let cleanups: (() => unknown)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-terminal-'));
  cleanups = [() => rmSync(folder, { recursive: true, force: true })];
  writeFileSync(join(folder, 'nx.json'), '{}');
  mkdirSync(join(folder, 'books'));
  const records = Array.from({ length: RECORDS }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));
  writeFileSync(join(folder, 'books/chunks.json'), JSON.stringify([...records, { id: 'bad' }]));
  const config = { name: 'books', input: 'chunks.json', dimensions: DIMENSIONS, batchSize: BATCH };
  writeFileSync(join(folder, 'books/corpus.json'), JSON.stringify(config));
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

/** An embedding service that answers some requests, and the others only when it is let. */
async function startHeldService(answered: number, { refuses = false } = {}) {
  const held = Promise.withResolvers<void>();
  const embed = createStubOpenAiHandler({ dimensions: DIMENSIONS });
  let requests = 0;
  const server = await startFaultServer({
    async handler(request) {
      requests += 1;
      if (requests <= answered) return embed(request);
      await held.promise;
      return refuses
        ? Response.json({ error: { message: 'no', code: 'invalid_api_key' } }, { status: 401 })
        : embed(request);
    },
  });
  cleanups.push(() => server.close());
  cleanups.push(() => held.resolve());
  return { environment: stubOpenAiEnvironment(`${server.url}/v1`), release: () => held.resolve() };
}

function start(args: readonly string[], options: Omit<SessionOptions, 'folder'>): TerminalSession {
  const session = startTerminal(args, { folder, ...options });
  cleanups.push(() => session.close());
  return session;
}

/** What stands on a screen as one line, however it was broken. */
const wordsOf = (session: TerminalSession): string => session.lines().join(' ').replaceAll(/ +/g, ' ');

/** Without stores: those of the program take seconds to start. */
const RUN = ['run', 'books', '--only', 'embed', '--price', '1000'];

it.each(WIDTHS)(
  'at %s columns a run has one line for the stage that runs, with count, rest and dollars, and none is left at its end',
  async (columns) => {
    const service = await startHeldService(3);
    const isWhole = columns === 80;
    const args = isWhole ? RUN.filter((word) => word !== '--only' && word !== 'embed') : RUN;
    const session = start(args, { columns, environment: service.environment });
    const during = await session.until(/books embed .*30\/120/);
    const running = during.split('\n').filter((line) => line.includes('books embed'));
    expect(running).toHaveLength(1);
    expect(running[0]).toMatch(/30\/120 {2}.*\b\d+ (s|min \d+ s) left/);
    expect(running[0]?.length).toBeLessThan(columns);
    if (columns >= 80) expect(running[0]).toMatch(/█░.* 25 % {2}30\/120 .*\$0\.0\d+/);
    service.release();
    expect(await session.ended).toBe(0);
    const lines = session.lines();
    expect(lines.join('\n')).not.toMatch(/█|░| left\b/);
    // The bad record and all else is said once.
    expect(lines.filter((line) => line.includes('LEFT OUT'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('missing-text:'))).toHaveLength(1);
    expect(wordsOf(session).match(/120 accepted|accepted=120/g)).toHaveLength(1);
    expect(wordsOf(session).match(/books embed/g)).toHaveLength(1);
    // Results are broken between words.
    expect(session.broken()).toEqual([]);
    if (!isWhole) return;
    expect(lines.join('')).toMatch(/books verify: ✔ in step/);
    for (const command of ['summary', 'status']) {
      const told = start([command], { columns, environment: service.environment });
      expect(await told.ended, told.written()).toBe(0);
      expect(told.lines().join('\n')).toMatch(/^books {2}✔ in step/m);
      expect(told.broken()).toEqual([]);
    }
    const drop = start(['drop', 'books'], { columns, environment: service.environment });
    await drop.until(/^Type the name of the corpus, books, to confirm:/m);
    drop.type('no\r');
    expect(await drop.ended).toBe(4);
    expect(wordsOf(drop)).toContain('This would delete 120 points from embedded/book_vectors and 120 rows');
    expect(drop.broken()).toEqual([]);
  },
);

it.each(WIDTHS)(
  'at %s columns marks say what doctor, plan, summary and status found, and their lines are broken between words',
  async (columns) => {
    const service = await startHeldService(1000);
    const model = await startFaultServer({ handler: createStubOpenAiHandler({ dimensions: 1536 }) });
    cleanups.push(() => model.close());
    const cloud = {
      ...stubOpenAiEnvironment(`${model.url}/v1`),
      QDRANT_HOST: 'http://127.0.0.1:1',
      NEON_POSTGRES_CONNECTION_STRING: 'postgresql://u@127.0.0.1:1/d',
      LOCKSTEP_VECTORS: 'cloud',
      LOCKSTEP_ROWS: 'cloud',
    };
    const shown = async (args: readonly string[], exit: number, environment: Readonly<Record<string, string>>) => {
      const session = start(args, { columns, environment });
      expect(await session.ended, session.written()).toBe(exit);
      expect(session.broken()).toEqual([]);
      return session.lines().join('\n');
    };
    expect(await shown(['summary'], 5, service.environment)).toMatch(/^books {2}▲ NOT LOADED$/m);
    const plan = ['plan', 'books', '--only', 'embed', '--price', '1000', '--max-cost', '0.0001'];
    expect(await shown(plan, 4, service.environment)).toMatch(/^ {2}✖ A run would be refused/m);
    const doctor = await shown(['doctor'], 1, cloud);
    expect(doctor.match(/^(✔ ok|✖ FAIL) /gm)).toEqual(['✔ ok ', '✖ FAIL ', '✖ FAIL ']);
    expect(await shown(['status'], 1, cloud)).toMatch(/^books {2}▲ NOT KNOWN: /m);
  },
);

it.each(WIDTHS)('at %s columns a service that does not answer has one line until it answers again', async (columns) => {
  let isDown = true;
  const embed = createStubOpenAiHandler({ dimensions: DIMENSIONS });
  const server = await startFaultServer({
    handler: async (request) =>
      isDown ? Response.json({ error: { message: 'down' } }, { status: 503 }) : embed(request),
  });
  cleanups.push(() => server.close());
  const session = start(RUN, { columns, environment: stubOpenAiEnvironment(`${server.url}/v1`) });
  // At 40 columns the line is cut, as those of stages are.
  const during = await session.until(/^openai: \d+ retr(y|ies), does not answer/m);
  expect(during.match(/^openai: /gm)).toHaveLength(1);
  expect(during.split('\n').every((line) => line.length < columns)).toBe(true);
  isDown = false;
  expect(await session.ended, session.written()).toBe(0);
  expect(session.lines().join('\n')).not.toContain('does not answer: no requests');
});

it.each(WIDTHS)('at %s columns an error is broken between words', async (columns) => {
  const failed = start(['run', 'books', '--model', 'x', '--embedder', 'embedded'], { columns });
  expect(await failed.ended).toBe(2);
  expect(failed.broken()).toEqual([]);
  expect(wordsOf(failed)).toContain('expected --embedder cloud, or no other model');
});

it('--quiet leaves the outcome and what was left out of a run', async () => {
  const service = await startHeldService(1000);
  const quiet = start(['validate', 'books', '--quiet'], { columns: 200, environment: service.environment });
  expect(await quiet.ended).toBe(0);
  expect(quiet.lines()).toMatchObject([
    expect.stringMatching(/^books validate: 121 records, 120 accepted, 1 rejected/),
    expect.stringMatching(/^books LEFT OUT: 1 of 121 records rejected/),
    expect.stringMatching(/^ {2}missing-text: record 121, line 1, id "bad": has no text/),
  ]);
  const run = start([...RUN, '--quiet'], { columns: 200, environment: service.environment });
  expect(await run.ended).toBe(0);
  expect(run.lines()[0]).toMatch(/^books embed: 120 texts, 120 embedded/);
  expect(run.lines()[1]).toMatch(/^books LEFT OUT: /);
  expect(run.lines()).toHaveLength(3);
});

it.each(WIDTHS)('at %s columns the error of a failed run stands where the line of its stage was', async (columns) => {
  const service = await startHeldService(3, { refuses: true });
  const session = start(RUN, { columns, environment: service.environment });
  await session.until(/books embed .*30\/120/);
  service.release();
  expect(await session.ended).toBe(1);
  const text = session.lines().join('\n');
  expect(text).toMatch(/^✖ error \S+ in embed/m);
  expect(wordsOf(session)).toContain('books validate corpus-validated');
  expect(text).not.toMatch(/█|░| left\b/);
});

it.each(WIDTHS)(
  'at %s columns Ctrl-C takes the line of the stage off, says what was done, and ends with 1',
  async (columns) => {
    const service = await startHeldService(3);
    const session = start(RUN, { columns, environment: service.environment });
    await session.until(/books embed .*30\/120/);
    session.type('\u0003');
    expect(await session.ended).toBe(1);
    const text = session.lines().join('\n');
    expect(text).toMatch(/✖ error aborted in embed: Stopped\./);
    expect(wordsOf(session)).toContain('books validate corpus-validated');
    expect(text).not.toMatch(/█|░|\^C/);
  },
);

it.each([
  [200, 40],
  [40, 200],
  [80, 40],
])(
  'a terminal that is made %s columns wide and then %s shows the stage once, in its new width',
  async (before, after) => {
    const service = await startHeldService(3);
    const session = start(RUN, { columns: before, environment: service.environment });
    await session.until(/books embed .*30\/120/);
    session.resize(after);
    const fits = after >= 80 ? /^books embed {2}█+░+ {2}25 %/m : /^books embed {2}[^█]*30\/120[^█]*$/m;
    const during = await session.until(fits);
    expect(during.match(/books embed /g)).toHaveLength(1);
    service.release();
    expect(await session.ended).toBe(0);
    expect(session.lines().join('\n')).not.toMatch(/█|░| left\b/);
  },
);

it('NO_COLOR leaves no colour and no mark, and a dumb terminal gets no control sequence', async () => {
  const service = await startHeldService(1000);
  // oxlint-disable-next-line no-control-regex -- control sequences are what it looks for
  const colour = /\u001B\[[\d;]*m/;
  const args = ['validate', 'books', '--strict'];
  const shown = async (environment: Record<string, string>) => {
    const session = start(args, { columns: 80, environment: { ...service.environment, ...environment } });
    expect(await session.ended).toBe(3);
    return session;
  };
  const plain = await shown({ NO_COLOR: '1' });
  expect(plain.written()).not.toMatch(colour);
  expect(plain.lines().join('\n')).toMatch(/^error records-rejected/m);
  const coloured = await shown({});
  expect(coloured.written()).toMatch(colour);
  expect(coloured.lines().join('\n')).toMatch(/^✖ error records-rejected/m);
  expect((await shown({ LANG: 'C' })).lines().join('\n')).toMatch(/^x error records-rejected/m);
  expect((await shown({ TERM: 'dumb' })).written()).not.toContain('\u001B');
});

it('a retry is counted below the stages until the service answers, and --quiet shows no stage', async () => {
  const held = Promise.withResolvers<void>();
  const embed = createStubOpenAiHandler({ dimensions: DIMENSIONS });
  let requests = 0;
  const server = await startFaultServer({
    async handler(request) {
      requests += 1;
      if (requests === 1) return Response.json({ error: { message: 'busy' } }, { status: 500 });
      await held.promise;
      return embed(request);
    },
  });
  cleanups.push(
    () => server.close(),
    () => held.resolve(),
  );
  const environment = stubOpenAiEnvironment(`${server.url}/v1`);
  const session = start(RUN, { columns: 80, environment });
  expect(await session.until(/^openai: 1 retry$/m)).toMatch(/^books embed .*\nopenai: 1 retry$/m);
  held.resolve();
  expect(await session.ended).toBe(0);
  const quiet = start([...RUN, '--quiet'], { columns: 80, environment });
  expect(await quiet.ended).toBe(0);
  expect(quiet.written()).not.toContain('\u001B[J');
});
