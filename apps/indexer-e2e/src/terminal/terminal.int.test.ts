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
    expect(running[0]).toMatch(/30\/120 {2}.* left/);
    expect(running[0]?.length).toBeLessThan(columns);
    if (columns >= 80) expect(running[0]).toMatch(/█░.* 25 % {2}30\/120 .*\$0\.0\d+/);
    service.release();
    expect(await session.ended).toBe(0);
    const lines = session.lines();
    expect(lines.join('\n')).not.toMatch(/█|░| left\b/);
    // The bad record and all else is said once.
    expect(lines.filter((line) => line.includes('LEFT OUT'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('missing-text:'))).toHaveLength(1);
    expect(lines.join('').match(/120 accepted|accepted=120/g)).toHaveLength(1);
    expect(lines.join('').match(/books embed/g)).toHaveLength(1);
    if (isWhole) expect(lines.join('')).toMatch(/books verify: ✔ in step/);
  },
);

it.each(WIDTHS)('at %s columns the error of a failed run stands where the line of its stage was', async (columns) => {
  const service = await startHeldService(3, { refuses: true });
  const session = start(RUN, { columns, environment: service.environment });
  await session.until(/books embed .*30\/120/);
  service.release();
  expect(await session.ended).toBe(1);
  const text = session.lines().join('\n');
  expect(text).toMatch(/^✖ error \S+ in embed/m);
  expect(text).toContain('books validate corpus-validated');
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
    expect(text).toContain('books validate corpus-validated');
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
