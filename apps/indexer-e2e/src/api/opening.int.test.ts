import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openPglite } from '@lockstep/embedded/pglite';
import { openIndex, type Index, type IndexOptions } from '@lockstep/indexer';
import { FOREIGN_POSTGRES, VARIABLES } from '@lockstep/indexer/settings/environment';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow } from '../support/files-below.ts';
import { stubOpenAiEnvironment } from '../support/stub-openai-environment.ts';
import { collectEvents, createApiWorkspace, records, type ApiWorkspace } from './api-workspace.ts';
import { expectFailure } from './expect-failure.ts';

const OURS = new Set([...VARIABLES, ...FOREIGN_POSTGRES]);

let workspace: ApiWorkspace;

async function openWorkspace(): Promise<void> {
  workspace = await createApiWorkspace();
  workspace.write(records(3));
}
const closeWorkspace = (): Promise<void> => workspace.close();

describe('env', () => {
  beforeEach(openWorkspace);
  afterEach(closeWorkspace);

  it('takes the place of the variables of the process and of .env, which are neither read nor changed', async () => {
    writeFileSync(join(workspace.folder, '.env'), 'LOCKSTEP_MAX_COST=much\nQDRANT_HOTS=x\n');
    const own = process.env;
    const touched: string[] = [];
    const touch = (name: string | symbol, how: string): void => {
      if (how !== 'get' || OURS.has(String(name))) touched.push(`${how} ${String(name)}`);
    };
    process.env = new Proxy(own, {
      get: (target, name) => (touch(name, 'get'), Reflect.get(target, name) as unknown),
      set: (target, name, value) => (touch(name, 'set'), Reflect.set(target, name, value)),
      deleteProperty: (target, name) => (touch(name, 'delete'), Reflect.deleteProperty(target, name)),
    });
    try {
      const index = await workspace.open();
      expect((await index.load()).verify.ok).toBe(true);
      await index.search('a text');
      await index.close();
    } finally {
      process.env = own;
    }
    expect(touched).toEqual([]);
  });

  it('that is wrong is an error that names the variable and not its value', async () => {
    const error = await expectFailure(workspace.open({ env: { ...workspace.env, LOCKSTEP_MAX_COST: 'secret' } }));
    expect(error.code).toBe('environment-invalid');
    expect(error.message).toBe('LOCKSTEP_MAX_COST: expected an amount of US dollars, such as 0.25.');
  });

  it('with a name that is nearly one of ours opens, and an event says so', async () => {
    const { events, onEvent } = collectEvents();
    await workspace.open({ onEvent, env: { ...workspace.env, QDRANT_HOTS: 'x' } });
    expect(events).toEqual([
      expect.objectContaining({
        ...{ type: 'log', level: 'warn', corpus: '', event: 'variable-ignored' },
        fields: { problem: expect.stringMatching(/^env: .*QDRANT_HOTS.*QDRANT_HOST/) as unknown },
      }),
    ]);
  });
});

describe('an option that cannot be', () => {
  beforeAll(openWorkspace);
  afterAll(closeWorkspace);

  const opening: readonly (readonly [Record<string, unknown> | undefined, string])[] = [
    [undefined, 'options: expected an object with a corpus.'],
    [{ corpus: undefined }, 'corpus: expected a name, a path, a list of paths or settings.'],
    [{ corpus: ['a.json', 5] }, 'corpus: expected a name, a path, a list of paths or settings.'],
    [{ cwd: '/nowhere/at/all' }, 'cwd: expected a folder that exists.'],
    [{ env: 'production' }, 'env: expected an object of variables.'],
    [{ env: { OPENAI_API_KEY: 123_456 } }, 'env.OPENAI_API_KEY: expected a text, found a number.'],
    [{ signal: new AbortController() }, 'signal: expected an AbortSignal.'],
    [{ onEvent: 'console.log' }, 'onEvent: expected a function.'],
    [{ vectors: 'local' }, 'vectors: expected embedded or cloud, found "local".'],
    [{ only: 'embed' }, 'only: expected qdrant or neon, found "embed".'],
    [{ tokensPerMinute: 0 }, 'tokensPerMinute: expected a whole number of 1 or more, found 0.'],
    [{ stateDir: 'x' }, 'stateDir: there is no such option.'],
    [{ requestPerMinute: 5 }, 'requestPerMinute: there is no such option. Did you mean "requestsPerMinute"?'],
  ];
  it.each(opening)('of openIndex is refused with its name: %o', async (options, message) => {
    const given = options && { corpus: 'books', cwd: workspace.folder, env: workspace.env, ...options };
    const error = await expectFailure(openIndex(given as unknown as IndexOptions));
    expect([error.code, error.message]).toEqual(['option-invalid', message]);
  });

  const operations: readonly (readonly ['plan' | 'load' | 'verify' | 'repair', Record<string, unknown>, string])[] = [
    ['plan', { maxCosts: 1 }, 'maxCosts: there is no such option. Did you mean "maxCost"?'],
    ['plan', { maxCost: -1 }, 'maxCost: expected an amount of US dollars, such as 0.25, found -1.'],
    ['load', { maxCost: Number.NaN }, 'maxCost: expected an amount of US dollars, such as 0.25, found NaN.'],
    ['load', { strict: 'yes' }, 'strict: expected true or false, found "yes".'],
    ['load', { level: 'contents' }, 'level: expected counts, ids, content or vectors, found "contents".'],
    [
      'load',
      { allowDeletes: true, maxDeletePercent: 5 },
      'maxDeletePercent and allowDeletes contradict each other; expected one of them.',
    ],
    ['verify', { vectorsEvery: 0.5 }, 'vectorsEvery: expected a whole number, found 0.5.'],
    ['verify', { maxCost: 1 }, 'maxCost: there is no such option.'],
    ['repair', { pay: 1 }, 'pay: expected true or false, found 1.'],
    ['repair', { signal: 'stop' }, 'signal: expected an AbortSignal.'],
  ];
  it.each(operations)('of %s is refused with its name: %o', async (operation, options, message) => {
    const index = await workspace.open();
    const error = await expectFailure(index[operation](options));
    expect([error.code, error.message]).toEqual(['option-invalid', message]);
    expect(workspace.openai.seen.requests).toBe(0);
  });

  it('of search is refused with its name', async () => {
    const index = await workspace.open();
    const search = async (text: unknown, options: object) =>
      (await expectFailure(index.search(text as string, options))).message;
    expect(await search('a', { limits: 5 })).toBe('limits: there is no such option. Did you mean "limit"?');
    expect(await search('a', { limit: 101 })).toBe('Limit: expected a whole number from 1 to 100, found 101.');
    expect(await search('', {})).toContain('expected one, found none');
  });

  it('takes small amounts in whatever form JavaScript writes them', async () => {
    const index = await workspace.open();
    const { cost, refused } = await index.plan({ maxCost: 1e-7, price: 1 });
    expect(cost).toBeGreaterThan(1e-7);
    expect(refused?.code).toBe('cost-guard');
  });
});

describe('a corpus', () => {
  beforeEach(openWorkspace);
  afterEach(closeWorkspace);

  it.each([
    ['its name', 'books'],
    ['its folder', './books'],
    ['its corpus.json', 'books/corpus.json'],
  ])('of the workspace is opened by %s', async (_, corpus) => {
    const index = await workspace.open({ corpus });
    expect(index.corpus).toBe('books');
    expect((await index.plan()).validate.accepted).toBe(3);
  });

  it('is opened by settings alone, whose paths are relative to cwd, and is the same index as that of its corpus.json', async () => {
    const settings = { name: 'books', input: 'chunks.json', dimensions: 8 };
    const index = await workspace.open({ corpus: settings, cwd: join(workspace.folder, 'books') });
    expect((await index.load()).verify.ok).toBe(true);
    const { embed, ...loads } = await (await workspace.open()).load();
    expect([embed.embedded, loads['load-qdrant']?.written, loads['load-neon']?.written]).toEqual([0, 0, 0]);
  });

  it('is opened by a file of chunks, after which it is named', async () => {
    writeFileSync(join(workspace.folder, 'letters.json'), JSON.stringify(records(2)));
    const index = await workspace.open({ corpus: 'letters.json' });
    expect(index.corpus).toBe('letters');
    expect((await index.plan()).validate.accepted).toBe(2);
  });

  it.each([
    [
      'bookz',
      'input-missing',
      /"bookz" does not exist, and no corpus of the workspace has that name\. Did you mean "books"\?/,
    ],
    [{ name: 'books', input: 'gone.json' }, 'input-missing', /gone\.json \(the input of books\) does not exist/],
    [{ name: 'A B', input: 'x', batch: 5 }, 'config-invalid', /^corpus: /],
    ['-', 'config-invalid', /no name/],
  ] as const)('that cannot be is refused: %o', async (corpus, code, message) => {
    const error = await expectFailure(workspace.open({ corpus: corpus as string }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe('with embedded services', () => {
  beforeEach(openWorkspace);
  afterEach(closeWorkspace);

  const open = (corpus: string, options: Partial<IndexOptions> = {}): Promise<Index> =>
    workspace.open({ corpus, env: stubOpenAiEnvironment(workspace.openai.baseUrl), ...options });
  const addCorpus = (name: string): void => {
    mkdirSync(join(workspace.folder, name));
    const config = { name, input: 'chunks.json', dimensions: 8 };
    writeFileSync(join(workspace.folder, name, 'corpus.json'), JSON.stringify(config));
    writeFileSync(join(workspace.folder, name, 'chunks.json'), JSON.stringify(records(5)));
  };

  it('two indexes of one state directory are open and load at once, and one that is closed leaves the other its services', async () => {
    addCorpus('films');
    const [books, films] = [await open('books'), await open('films')];
    const loads = await Promise.all([books.load(), films.load()]);
    expect(loads.map(({ verify }) => verify.ok)).toEqual([true, true]);
    expect(loads.map(({ embed }) => embed.calls.openai?.requests)).toEqual(loads.map(({ embed }) => embed.requests));
    const { hits } = await films.search('text number 4', { limit: 1 });
    expect(hits.map(({ corpus, chunkId }) => [corpus, chunkId])).toEqual([['films', 'c4']]);
    await books.close();
    expect((await films.verify({ level: 'vectors' })).counts).toEqual({ input: 5, cache: 5, qdrant: 5, neon: 5 });
    expect((await (await open('books')).verify()).ok).toBe(true);
  });

  it('close waits for what was called, releases the locks, and ends the use of the index', async () => {
    const index = await open('books');
    const load = index.load();
    const search = index.search('a text');
    await index.close();
    expect((await load).verify.ok).toBe(true);
    await search;
    const database = await openPglite({ directory: join(workspace.folder, '.lockstep/postgres'), waitMs: 0 });
    await database.close();
    for (const operation of [index.load(), index.plan(), index.verify(), index.repair(), index.search('a')]) {
      const error = await expectFailure(operation);
      expect([error.code, error.message]).toEqual(['option-invalid', 'The index is closed; expected an open one.']);
    }
    await index.close();
  });

  it('an operation that waits for the database of another process ends at once when it is stopped, and close too', async () => {
    const directory = join(workspace.folder, '.lockstep/postgres');
    const other = await openPglite({ directory, waitMs: 0 });
    const stop = new AbortController();
    const index = await open('books', {
      onEvent(event) {
        if (event.type === 'log' && event.event === 'embedded-postgres-awaited') stop.abort();
      },
    });
    const error = await expectFailure(index.load({ signal: stop.signal }));
    expect(error).toMatchObject({ code: 'aborted', stage: 'plan' });
    await index.close();
    await other.close();
    expect((await (await open('books')).load()).verify.ok).toBe(true);
  });

  it('files that others may read are in folders that they may not enter, though the process lets others read its files', async () => {
    const state = join(workspace.folder, 'state');
    mkdirSync(state, { mode: 0o755 });
    const umask = process.umask(0o022);
    try {
      const index = await open('books', { stateDirectory: 'state' });
      await index.load();
      await index.close();
    } finally {
      process.umask(umask);
    }
    const below = filesBelow(state).filter(({ path }) => path !== '.');
    const closed = new Set(below.filter(({ isFolder, isOpen }) => isFolder && !isOpen).map(({ path }) => path));
    const isInside = (path: string): boolean => path !== '.' && (closed.has(path) || isInside(dirname(path)));
    const exposed = below.filter(({ path, isOpen }) => isOpen && !isInside(dirname(path))).map(({ path }) => path);
    // Locks are empty, or name a process.
    expect(exposed.filter((path) => !path.startsWith('postgres.lock'))).toEqual([]);
    expect(below.length).toBeGreaterThan(20);
  });

  it('relative paths are those of cwd, and nothing is written elsewhere', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'lockstep-api-cwd-'));
    const own = process.cwd();
    process.chdir(elsewhere);
    try {
      const index = await open('books/corpus.json', { stateDirectory: 'kept/here' });
      await index.load();
      await index.close();
      expect(readdirSync(elsewhere)).toEqual([]);
      expect(readdirSync(join(workspace.folder, 'kept/here'))).toContain('books');
    } finally {
      process.chdir(own);
      rmSync(elsewhere, { recursive: true });
    }
  });
});
