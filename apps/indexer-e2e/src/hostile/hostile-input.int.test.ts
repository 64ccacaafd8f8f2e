import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ErrorCode } from '@lockstep/model';
import { readSource } from '@lockstep/indexer/settings/corpus-file';
import { readEnvironment } from '@lockstep/indexer/settings/environment';
import { A, lists, REFUSED, REJECTING, Z } from './hostile-contents.ts';
import { corpusJson, ODD_SOURCES, pipe, plain } from './hostile-sources.ts';
import { createHostileWorkspace, type HostileWorkspace } from './hostile-workspace.ts';
import { runIndexer } from '../support/run-indexer.ts';

/*
 * Input that means harm, or might as well. Small files, whose bytes say it all, are in `fixtures/inputs` and are read by
 * `validate.test.ts`; endless ones are in `read-records-bounds.test.ts`; files that change are in `input-file.test.ts`. Here are
 * those that are large, deep or odd, those that are no files, names, and what the command line makes of all that.
 */

const onWindows = process.platform === 'win32';

/** A stack trace, or a character that a terminal obeys. */
// oxlint-disable-next-line no-control-regex
const UNFIT_TO_PRINT = /\n\s+at .+:\d+|[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

describe('an input with', () => {
  let workspace: HostileWorkspace;
  let printed: string;
  beforeEach(async () => {
    printed = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    workspace = await createHostileWorkspace();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    workspace.dispose();
  });

  it.each(REFUSED)('$name is refused, and leaves what was there', async ({ file, content, exit, code, says }) => {
    const outcome = await workspace.validate(workspace.put(file, content()));
    expect(outcome).toMatchObject({ exit, code, message: expect.stringMatching(says) });
    expect(outcome.message.length).toBeLessThan(300);
    expect(workspace.traces()).toEqual([]);
    expect(printed).not.toMatch(UNFIT_TO_PRINT);
  });

  it.each(REJECTING)('$name is taken without it', async ({ file, content, ids, rejected }) => {
    const outcome = await workspace.validate(workspace.put(file, content()));
    expect(outcome).toMatchObject({ exit: 0, receipt: { accepted: ids.length, rejected: rejected.length } });
    expect(workspace.chunkIds()).toEqual(ids);
    const sparse = rejected.map((reject) => ({ ...reject, message: expect.stringMatching(/^expected/) as string }));
    expect(workspace.rejects()).toEqual(sparse);
    expect(workspace.traces()).toEqual(['a receipt', 'other chunks than those of the good input']);
    expect(printed.length).toBeLessThan(1000);
    expect(printed).not.toMatch(UNFIT_TO_PRINT);
  });

  it('twenty thousand bad records is taken without them, and without telling each', async () => {
    const outcome = await workspace.validate(workspace.put('many.json', `[${A}${',{}'.repeat(20_000)}]`));
    expect(outcome.receipt).toMatchObject({ accepted: 1, rejected: 20_000 });
    expect(workspace.rejects()).toHaveLength(20_000);
    expect(printed.split('\n').length).toBeLessThan(30);
  });

  it('a text that is too long is taken by its beginning where corpus.json or --overlong says so', async () => {
    workspace.put('long.json', JSON.stringify([{ id: 'long', text: 'word '.repeat(300) }]));
    const validate = (overlong: object, flags?: Readonly<Record<string, string>>) => {
      const source = corpusJson(workspace.root, { input: '../long.json', ...overlong });
      return workspace.validate(source, undefined, flags);
    };
    const truncated = { exit: 0, receipt: { accepted: 1, truncated: 1 } };
    const rejected = { exit: 1, code: 'input-nothing-acceptable' };
    expect(await validate({})).toMatchObject(rejected);
    expect(await validate({ overlong: 'truncate' })).toMatchObject(truncated);
    expect(printed).toContain('text-truncated');
    expect(await validate({ overlong: 'truncate' }, { overlong: 'reject' })).toMatchObject(rejected);
    expect(await validate({}, { overlong: 'truncate' })).toMatchObject(truncated);
  });

  it('ids and keys that a terminal obeys is told without them', async () => {
    const [id, key] = ['\u001B[2J\u009B1A\u202Enosj', '\u001B]0;title\u0007'];
    const outcome = await workspace.validate(
      workspace.put(
        'escapes.json',
        JSON.stringify([
          { id, text: 5 },
          { id: 'b', text: 't', [key]: '\0' },
          { id: 'c', text: 't' },
        ]),
      ),
    );
    expect(outcome.receipt).toMatchObject({ accepted: 1, rejected: 2 });
    expect(workspace.rejects().map(({ chunk_id, field }) => [chunk_id, field])).toEqual([
      [id, 'text'],
      ['b', key],
    ]);
    expect(printed).not.toMatch(UNFIT_TO_PRINT);
    expect(printed).toContain('record-rejected');
  });

  it.each([
    ['plain', 'changing.jsonl', (text: string) => text],
    ['gzipped', 'changing.jsonl.gz', gzipSync],
  ])('writes while it is read, %s, is refused, and leaves what was there', async (_how, file, packed) => {
    const path = workspace.put(file, packed(`${A}\n${Z}\n`));
    const { signal } = new AbortController();
    // It is asked for each record whether to go on.
    vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => appendFileSync(path, `${Z}\n`));
    expect(await workspace.validate(path, signal)).toMatchObject({ exit: 1, code: 'input-changed' });
    expect(workspace.traces()).toEqual([]);
  });
});

describe.skipIf(onWindows)('a source that is', () => {
  let workspace: HostileWorkspace;
  let elsewhere: string;
  beforeAll(async () => {
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    workspace = await createHostileWorkspace();
    elsewhere = mkdtempSync(join(tmpdir(), 'lockstep-elsewhere-'));
  });
  afterAll(() => {
    vi.restoreAllMocks();
    workspace.dispose();
    rmSync(elsewhere, { recursive: true });
  });

  it.each(ODD_SOURCES)('$name ends with $exit', async ({ make, exit, code, says }) => {
    const root = mkdtempSync(join(workspace.root, 'odd-'));
    const outcome = await workspace.validate(make(root, plain(elsewhere)));
    expect(outcome).toMatchObject({ exit, code });
    if (says !== undefined) expect(outcome.message).toMatch(says);
    expect(outcome.message).not.toMatch(UNFIT_TO_PRINT);
    expect(outcome.message.length).toBeLessThan(4000);
    expect(readdirSync(join(workspace.root, 'state'))).toEqual(['docs']);
  });
});

describe('a name', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'lockstep-names-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it.each(['..', '.', '../x', 'a/b', 'a\\b', 'A', 'ä', 'a.', '-a', 'a b', 'cache', 'x'.repeat(65), 'a\n', '__proto__'])(
    '%j for a corpus is refused, whether a flag or a corpus.json gives it',
    (name) => {
      const refusal = expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(/name/i) });
      expect(() => readSource(plain(root), name, root)).toThrow(refusal);
      expect(() => readSource(corpusJson(root, { name, input: '../plain.json' }), undefined, root)).toThrow(refusal);
    },
  );

  it.each(['日本.json', '....json', '.json', `${'x'.repeat(65)}.json`, 'Cache.jsonl.gz', '\u001B[2J'])(
    'of a file that makes none for a corpus is refused, and --corpus asked for: %j',
    (name) => {
      writeFileSync(join(root, name), `[${A}]`);
      const message = expect.stringMatching(/^Corpus name .*--corpus\.$/);
      const made = (corpus?: string) => readSource(join(root, name), corpus, root).config.name;
      if (name.startsWith('\u001B')) expect(made()).toBe('2j');
      else expect(() => made()).toThrow(expect.objectContaining({ code: 'config-invalid', message }));
      expect(made('docs')).toBe('docs');
    },
  );

  it.skipIf(onWindows)('of a corpus is looked up past corpus.json files that nobody can read', async () => {
    const place = mkdtempSync(join(root, 'workspace-'));
    for (const folder of ['pipe', 'folder/corpus.json', 'circle', 'deep', 'good']) {
      mkdirSync(join(place, folder), { recursive: true });
    }
    execFileSync('mkfifo', [join(place, 'pipe/corpus.json')]);
    symlinkSync('..', join(place, 'circle/up'));
    writeFileSync(join(place, 'deep/corpus.json'), `{"name":${lists(1e5)}}`);
    writeFileSync(join(place, 'good/corpus.json'), '{"name":"good","input":"a.json"}');
    writeFileSync(join(place, 'good/a.json'), `[${A}]`);
    const { exit, stdout } = await runIndexer(place, ['runtime', 'good']);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('"input":')]);
  });
});

describe('.env', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lockstep-env-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it.each([
    ['in UTF-16 is refused, and not taken for an empty one', Buffer.from('\uFEFFOPENAI_API_KEY=k\n', 'utf16le')],
    ['in Latin-1 is refused', Buffer.from('# caf\xE9\nOPENAI_API_KEY=k\n', 'latin1')],
  ])('%s', (_what, bytes) => {
    writeFileSync(join(root, '.env'), bytes);
    expect(() => readEnvironment(root, {})).toThrow(
      expect.objectContaining({ code: 'environment-invalid', message: expect.stringMatching(/^\.env: .*UTF-8/) }),
    );
  });

  it('may begin with a byte order mark, which is no part of the first name', () => {
    writeFileSync(join(root, '.env'), '\uFEFFQDRANT_API_KEY=k\n__proto__=x\n');
    expect(readEnvironment(root, {})).toEqual({ QDRANT_API_KEY: 'k' });
  });
});

const FIXTURES = resolve(import.meta.dirname, '../../../../fixtures/inputs');

interface Command {
  readonly name: string;
  /** Gives the words after `indexer`. */
  readonly words: (root: string) => string[];
  readonly exit: number;
  readonly code: ErrorCode;
  readonly says: RegExp;
}

const COMMANDS: readonly Command[] = [
  {
    name: 'bytes that are not UTF-8',
    words: () => ['run', join(FIXTURES, 'invalid/overlong-utf-8.jsonl')],
    exit: 1,
    code: 'input-encoding',
    says: /line 2/,
  },
  {
    name: 'gzip that is cut',
    words: () => ['run', join(FIXTURES, 'invalid/gzip-without-trailer.jsonl.gz')],
    exit: 1,
    code: 'input-gzip',
    says: /cut/,
  },
  { name: 'a pipe', words: (root) => ['runtime', pipe(root)], exit: 2, code: 'input-not-a-file', says: /a pipe/ },
  {
    name: 'a corpus.json full of traps',
    words: (root) => [
      'run',
      corpusJson(root, { name: '\u001B[2J', input: '/dev/zero', dimensions: 1e308, '\u202E': 1 }),
    ],
    exit: 2,
    code: 'config-invalid',
    says: /name: .*dimensions: .*\\u202e/,
  },
  {
    name: 'an id 100,000 lists deep, under --strict',
    words: (root) => {
      writeFileSync(join(root, 'deep.jsonl'), `${A}\n{"id":${lists(1e5)},"text":"t"}\n`);
      return ['run', join(root, 'deep.jsonl'), '--strict'];
    },
    exit: 3,
    code: 'records-rejected',
    says: /^1 record was rejected/,
  },
];
describe.skipIf(onWindows)('indexer, given', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it.concurrent.each(COMMANDS)('$name, ends with $exit', async ({ words, exit, code, says }) => {
    const root = mkdtempSync(join(tmpdir(), 'lockstep-command-'));
    folders.push(root);
    const given = words(root);
    const ended = await runIndexer(root, [...given, '--json']);
    expect(ended.exit, ended.stderr).toBe(exit);
    expect(ended.stderr).not.toMatch(UNFIT_TO_PRINT);
    expect(ended.stderr).toMatch(new RegExp(`error ${code}(?: in validate)?: `));
    const { error } = JSON.parse(ended.stdout) as { error: { code: string; message: string } };
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    const left = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter(
        (path) => path.startsWith('.lockstep/') && !/^\.lockstep\/(\.gitignore|[^/]+(\/(tmp|validate))?)$/.test(path),
      )
      .map((path) => path.replace(/^\.lockstep\/[^/]+\//, ''));
    expect(left).toEqual(code === 'records-rejected' ? ['validate/rejects.jsonl'] : []);
  });
});
