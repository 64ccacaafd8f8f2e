import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { RunView } from '@lockstep/report';
import { openPglite } from '@lockstep/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endsWithin } from '../support/ends-within.ts';
import { createServedFolder, recordsOf, type Served, type ServedFolder } from './serve-workspace.ts';

/** Far longer than the server may take to end. */
const END_MS_MAX = 1_000;

let workspace: ServedFolder;
let reading: Served;
let writing: Served;

beforeAll(async () => {
  workspace = await createServedFolder(['books', 'films', 'letters']);
  for (const corpus of ['books', 'films']) expect(await workspace.run(['run', corpus])).toMatchObject({ exit: 0 });
  [reading, writing] = await Promise.all([workspace.serve(), workspace.serve(['--allow-writes'])]);
});
afterAll(() => workspace.remove());

/** The views of a run until one of them is as it is wanted. */
async function viewsUntil(
  server: Served,
  isWanted: (view: RunView) => boolean,
  onFirst = async (): Promise<void> => {},
): Promise<RunView[]> {
  const views: RunView[] = [];
  let isFirst = true;
  for await (const runs of server.watch()) {
    if (isFirst) await onFirst();
    isFirst = false;
    views.push(...runs);
    if (runs.some(isWanted)) return views;
  }
  throw new Error(`the events ended before what was wanted: ${JSON.stringify(views.at(-1))}`);
}

describe('who may ask', () => {
  it.each<[what: string, headers: Record<string, string>]>([
    ['no token', { authorization: '' }],
    ['another token', { authorization: `Bearer ${'x'.repeat(43)}` }],
  ])('a request with %s is answered with 401 on every path but that of the page', async (_what, headers) => {
    for (const path of ['/api/settings', '/api/search?q=x', '/api/report', '/api/events', '/api/corpora/books/plan']) {
      expect(await reading.ask(path, { headers })).toMatchObject({ status: 401, json: { ok: false } });
    }
    expect(
      await reading.ask('/api/search?q=x', { headers: { authorization: `Bearer ${reading.token.slice(1)}` } }),
    ).toMatchObject({
      status: 401,
    });
  });

  it('the token is new for each server, and has 256 bits', () => {
    expect(Buffer.from(reading.token, 'base64url')).toHaveLength(32);
    expect(reading.token).not.toBe(writing.token);
  });

  it.each<[header: string, value: string]>([
    ['host', 'attacker.example'],
    ['host', 'localhost.attacker.example:80'],
    ['host', '127.0.0.1:1'],
    ['origin', 'https://attacker.example'],
    ['origin', 'http://127.0.0.1:1'],
    ['origin', 'null'],
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
  ])(
    'a request with the header %s: %s is answered with 403 on every path, whatever else is right',
    async (name, value) => {
      for (const path of ['/', '/api/settings', '/api/search?q=x', '/api/events']) {
        const { status, json } = await reading.ask(path, { headers: { [name]: value } });
        expect([path, status, json]).toMatchObject([path, 403, { error: { code: 'request-foreign' } }]);
        expect(JSON.stringify(json)).toContain(`The header ${name}: expected`);
      }
      const run = await writing.ask('/api/corpora/letters/run', {
        method: 'POST',
        body: {},
        headers: { [name]: value },
      });
      expect(run.status).toBe(403);
      expect(existsSync(join(workspace.folder, '.lockstep/letters'))).toBe(false);
    },
  );

  it('localhost, the origin of the page and a link to the page are not foreign', async () => {
    const host = `localhost:${reading.url.port}`;
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect(await reading.ask('/api/settings', { headers: own })).toMatchObject({ status: 200, json: { ok: true } });
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(await reading.ask('/', { headers: link })).toMatchObject({ status: 200 });
    expect(await reading.ask('/api/settings', { headers: link })).toMatchObject({ status: 403 });
  });

  it('only this machine can connect', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    connect({ host: '127.0.0.2', port: Number(reading.url.port) }, () => resolve('connected')).on('error', resolve);
    expect(await promise).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('every reply forbids to be stored, framed and guessed, and runs the script of the page alone', async () => {
    for (const path of ['/', '/api/settings', '/api/search?q=', '/none']) {
      const { headers } = await reading.ask(path, {});
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      const policy = String(headers['content-security-policy']);
      expect(policy).toMatch(/default-src 'none'.*script-src 'sha256-[\w+/=]+'.*frame-ancestors 'none'/);
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('a server without --allow-writes', () => {
  it('refuses to start, repair and stop, and says how it would be allowed', async () => {
    for (const what of ['run', 'repair', 'cancel']) {
      const { status, json } = await reading.ask(`/api/corpora/letters/${what}`, { method: 'POST', body: {} });
      expect([status, json]).toMatchObject([403, { error: { code: 'writes-not-allowed' } }]);
      expect(JSON.stringify(json)).toContain('--allow-writes');
    }
    expect(existsSync(join(workspace.folder, '.lockstep/letters'))).toBe(false);
  });

  it('plans, searches and compares without writing to a store or to what is recorded', async () => {
    workspace.write('letters', recordsOf(20, 'letter'));
    const ledger = await workspace.run(['status', '--json']);
    const plan = await reading.ask('/api/corpora/letters/plan');
    expect(plan).toMatchObject({ status: 200, json: { ok: true, nothingToDo: false, embedding: { texts: 20 } } });
    expect(String(plan.json['text'])).toMatch(/letters plan: 20 chunks.*\n.*\n.*add .* 20 +20/);
    expect(await reading.ask('/api/corpora/letters/plan?for=repair')).toMatchObject({ json: { ok: true } });
    expect(await reading.ask('/api/verify?corpus=books')).toMatchObject({ json: { ok: true, compared: 20 } });
    expect((await reading.ask('/api/search?q=whale')).status).toBe(200);
    const after = await workspace.run(['status', '--json']);
    expect(JSON.parse(after.stdout)).toEqual(JSON.parse(ledger.stdout));
  });
});

describe('search', () => {
  it('gives text, score, point and row of each hit, for one corpus, with filters', async () => {
    const filter = encodeURIComponent('{"page_number":{"gte":18}}');
    const { json } = await reading.ask(`/api/search?q=whale%20number%2019&corpus=books&filter=${filter}&details=true`);
    expect(json).toMatchObject({ ok: true, dropped: 0, droppedPoints: [] });
    expect((json['results'] as object[]).length).toBe(2);
    expect((json['results'] as object[])[0]).toMatchObject({
      score: expect.closeTo(1, 4) as number,
      corpus: 'books',
      chunk_id: 'c19',
      text: 'whale number 19',
      point: { payload: { corpus: 'books', page_number: 19 } },
      row: { content_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
  });

  it('is over all corpora without a name', async () => {
    const { json } = await reading.ask('/api/search?q=whale&limit=100');
    expect(new Set((json['results'] as { corpus: string }[]).map(({ corpus }) => corpus))).toEqual(
      new Set(['books', 'films']),
    );
  });

  it.each([
    ['/api/search', 400, 'option-invalid'],
    ['/api/search?q=x&limit=0', 400, 'option-invalid'],
    ['/api/search?q=x&page=1', 400, 'request-invalid'],
    ['/api/corpora/boks/plan', 404, 'corpus-unknown'],
    ['/api/corpora/books/plan?for=fun', 400, 'request-invalid'],
    ['/api/none', 404, 'route-unknown'],
  ])('answers %s with %i and the words of the program', async (path, status, code) => {
    const reply = await reading.ask(path);
    expect(reply).toMatchObject({ status, json: { ok: false, error: { code } } });
    expect(reply.json['error']).toHaveProperty('advice');
  });

  it('shows no path of the machine in an error', async () => {
    workspace.write('lost', recordsOf(1));
    rmSync(join(workspace.folder, 'lost/chunks.json'));
    const { status, text } = await reading.ask('/api/corpora/lost/plan');
    rmSync(join(workspace.folder, 'lost'), { recursive: true });
    expect([status, text]).toEqual([500, expect.stringContaining('the input of lost/corpus.json')]);
    expect(text).not.toContain(workspace.folder);
    expect(text).not.toContain('/tmp/');
  });
});

describe('a server with --allow-writes', () => {
  it('tells a run that it starts from its beginning to its end, and loads both stores', async () => {
    workspace.write('letters', recordsOf(30, 'letter'));
    const views = await viewsUntil(
      writing,
      ({ corpus, finishedAt }) => corpus === 'letters' && finishedAt !== null,
      async () => {
        const started = await writing.ask('/api/corpora/letters/run', { method: 'POST', body: { maxCost: 1 } });
        expect(started).toMatchObject({
          status: 202,
          json: { ok: true, run: { corpus: 'letters', state: 'running' } },
        });
      },
    );
    const told = views.filter(({ corpus }) => corpus === 'letters');
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(told[0]?.state).toBe('running');
    const counts = told.map(({ stages }) => stages.length);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    const embedded = told.map(({ stages }) => stages.find(({ stage }) => stage === 'embed')?.done ?? 0);
    expect(embedded).toEqual(embedded.toSorted((a, b) => a - b));
    const last = told.at(-1);
    expect(last).toMatchObject({ state: 'done', error: null, origin: 'here', kind: 'run' });
    expect(last?.stages.map(({ stage }) => stage).toSorted()).toEqual(
      ['embed', 'load-neon', 'load-qdrant', 'plan', 'provision', 'validate', 'verify'].toSorted(),
    );
    expect(last?.stages.every(({ state, finishedAt }) => state === 'done' && finishedAt !== null)).toBe(true);
    expect(last?.text).toContain('letters verify: in step');
    expect(last?.stages.find(({ stage }) => stage === 'embed')).toMatchObject({ done: 30, total: 30 });
    const summary = await workspace.run(['summary', '--corpora', 'letters', '--json']);
    expect(JSON.parse(summary.stdout)).toMatchObject({ corpora: [{ corpus: 'letters', state: 'in-step' }] });
  });

  it('refuses a run that would cost more than the page was shown, and pays nothing', async () => {
    workspace.write('letters', recordsOf(31, 'dear letter'));
    const before = workspace.asked();
    const views = await viewsUntil(
      writing,
      ({ corpus, state }) => corpus === 'letters' && state === 'failed',
      async () => void (await writing.ask('/api/corpora/letters/run', { method: 'POST', body: { maxCost: 0 } })),
    );
    expect(views.at(-1)?.error).toMatchObject({ code: 'cost-guard' });
    expect(workspace.asked()).toBe(before);
  });

  it('carries out one run of a corpus at a time, and stops it when it is told to', async () => {
    const held = workspace.hold();
    const views = await viewsUntil(
      writing,
      ({ corpus, error }) => corpus === 'letters' && error?.code === 'aborted',
      async () => {
        const start = () => writing.ask('/api/corpora/letters/run', { method: 'POST', body: {} });
        expect((await start()).status).toBe(202);
        await held.arrived;
        expect(await start()).toMatchObject({ status: 409, json: { error: { code: 'run-under-way' } } });
        expect((await writing.ask('/api/corpora/letters/plan')).status).toBe(409);
        expect((await writing.ask('/api/corpora/books/plan')).status).toBe(200);
        const cancel = () => writing.ask('/api/corpora/letters/cancel', { method: 'POST' });
        expect((await cancel()).json).toMatchObject({ ok: true, stopping: true });
      },
    );
    held.release();
    expect(views.at(-1)).toMatchObject({ state: 'failed', error: { code: 'aborted', stage: 'embed' } });
    expect(await writing.ask('/api/corpora/letters/cancel', { method: 'POST' })).toMatchObject({
      json: { stopping: false },
    });
  });

  it('repairs a store that was changed by hand, and pays nothing without being told', async () => {
    expect(await workspace.run(['run', 'letters'])).toMatchObject({ exit: 0 });
    const ids = await writing.ask('/api/search?q=letter&corpus=letters&limit=1&details=true');
    expect(ids.json['results']).toHaveLength(1);
    const before = workspace.asked();
    const views = await viewsUntil(
      writing,
      ({ corpus, kind, finishedAt }) => corpus === 'letters' && kind === 'repair' && finishedAt !== null,
      async () => void (await writing.ask('/api/corpora/letters/repair', { method: 'POST', body: {} })),
    );
    expect(views.at(-1)).toMatchObject({
      state: 'done',
      text: expect.stringContaining('both stores are in step') as string,
    });
    expect(workspace.asked()).toBe(before);
  });

  it.each<[body: object, message: string]>([
    [{ maxCost: -1 }, 'maxCost: expected US dollars'],
    [{ maxCost: '1' }, 'maxCost: expected US dollars'],
    [{ pay: 'yes' }, 'pay: expected true or false'],
    [{ allowDeletes: true }, 'expected no field but'],
  ])('refuses %j, and starts nothing', async (body, message) => {
    const { status, text } = await writing.ask('/api/corpora/books/run', { method: 'POST', body });
    expect([status, text]).toEqual([400, expect.stringContaining(message)]);
  });
});

describe('beside other processes', () => {
  it('a run in another terminal is told while it is under way and when it has ended', async () => {
    workspace.write('books', recordsOf(25));
    const held = workspace.hold();
    const run = workspace.start(['run', 'books']);
    await held.arrived;
    const isOpen = ({ corpus, state }: RunView): boolean => corpus === 'books' && state === 'open';
    const open = (await viewsUntil(reading, isOpen)).find(isOpen);
    expect(open).toMatchObject({ kind: 'run', origin: 'elsewhere', finishedAt: null });
    expect(open?.stages.map(({ stage }) => stage)).toEqual(['validate', 'provision']);
    const isDone = ({ id, state }: RunView): boolean => id === open?.id && state === 'done';
    const views = await viewsUntil(reading, isDone, async () => held.release());
    expect(views.find(isDone)?.stages.map(({ stage }) => stage)).toEqual([
      ...['validate', 'provision', 'embed', 'load-qdrant', 'load-neon', 'verify'],
    ]);
    expect(await run.ended).toMatchObject({ exit: 0 });
  });

  it('a search says that another process uses the embedded Postgres, and finds again when that has ended', async () => {
    const other = await openPglite({ directory: join(workspace.folder, '.lockstep/postgres'), waitMs: 60_000 });
    const { status, json, text } = await reading.ask('/api/search?q=whale');
    await other.close();
    expect([status, json]).toMatchObject([503, { error: { code: 'lock-timeout' } }]);
    expect(text).toContain(`held by process ${process.pid}`);
    expect(text).not.toContain(workspace.folder);
    expect((await reading.ask('/api/search?q=whale')).status).toBe(200);
  });

  it('a run in another terminal gets the embedded Postgres although a page has just searched', async () => {
    workspace.write('books', recordsOf(26));
    expect((await reading.ask('/api/search?q=whale')).status).toBe(200);
    expect(await workspace.run(['run', 'books'])).toMatchObject({ exit: 0 });
  });
});

describe('a corpus that was loaded from a file', () => {
  it('is planned and run with what it was loaded with, and its report is there', async () => {
    writeFileSync(join(workspace.folder, 'quotes.json'), JSON.stringify(recordsOf(12, 'quote')));
    expect(await workspace.run(['run', 'quotes.json', '--dimensions', '8'])).toMatchObject({ exit: 0 });
    writeFileSync(join(workspace.folder, 'quotes.json'), JSON.stringify(recordsOf(14, 'quote')));
    const plan = await writing.ask('/api/corpora/quotes/plan');
    expect(plan).toMatchObject({ status: 200, json: { ok: true, embedding: { texts: 2 } } });
    const { corpora } = (await writing.ask('/api/report')).json as { corpora: readonly object[] };
    expect(corpora).toContainEqual(expect.objectContaining({ corpus: 'quotes', state: 'outdated' }));
    const started = await writing.ask('/api/corpora/quotes/run', { method: 'POST', body: {} });
    expect(started.status).toBe(202);
    const views = await viewsUntil(writing, ({ corpus, state }) => corpus === 'quotes' && state === 'done');
    expect(views.findLast(({ corpus }) => corpus === 'quotes')?.text).toContain('in step');
  });
});

describe('its end', () => {
  it('Ctrl+C ends it within a second while events are being read, and it says nothing was undone', async () => {
    const server = await workspace.serve();
    const events = server.watch();
    await events.next();
    server.interrupt();
    expect(await endsWithin(server.ended, END_MS_MAX)).toBe(true);
    expect(await server.ended).toMatchObject({ exit: 0 });
  });

  it('Ctrl+C stops a run that is under way as it stops a command', async () => {
    workspace.write('films', recordsOf(40, 'film'));
    const server = await workspace.serve(['--allow-writes']);
    const held = workspace.hold();
    await server.ask('/api/corpora/films/run', { method: 'POST', body: {} });
    await held.arrived;
    server.interrupt();
    expect(await endsWithin(server.ended, END_MS_MAX)).toBe(true);
    held.release();
    const { exit, stderr } = await server.ended;
    expect([exit, stderr]).toEqual([1, expect.stringContaining('aborted')]);
    const marks = JSON.parse(
      readFileSync(join(workspace.folder, '.lockstep/films/attempts/run.json'), 'utf8'),
    ) as object;
    expect(marks).toMatchObject({ error: { code: 'aborted', stage: 'embed' } });
  });

  it('a port that is in use is named, with what to do', async () => {
    const { exit, stderr } = await workspace.run(['serve', '--port', reading.url.port]);
    expect([exit, stderr]).toEqual([
      2,
      expect.stringMatching(/error port-taken: Port \d+ of 127.0.0.1 is in use.*\n.*--port/),
    ]);
  });

  it('with --json the first line is the address, for a program', async () => {
    const server = workspace.start(['serve', '--json', '--allow-writes']);
    const line = JSON.parse(await server.firstLine) as object;
    expect(line).toEqual({
      ...{ schemaVersion: 1, ok: true, allowWrites: true, port: expect.any(Number) as number },
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/) as string,
    });
    server.interrupt();
    expect((await server.ended).stdout.trim().split('\n')).toHaveLength(1);
  });
});
