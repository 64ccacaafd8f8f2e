import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ErrorCode } from '@lockstep/model';
import { readSource } from './settings/corpus-file.ts';
import { readEnvironment } from './settings/environment.ts';
import {
  createHostileWorkspace,
  type HostileWorkspace,
  type RejectLine,
} from './test-support/hostile-workspace.ts';
import { runIndexer } from './test-support/run-indexer.ts';

/*
 * Input that means harm, or might as well. Small files, whose bytes say it all, are in `fixtures/inputs` and are read by
 * `validate.test.ts`; endless ones are in `read-records-bounds.test.ts`; files that change are in `input-file.test.ts`. Here are
 * those that are large, deep or odd, those that are no files, names, and what the command line makes of all that.
 */

const MIB = 1024 * 1024;
const onWindows = process.platform === 'win32';

/** A stack trace, or a character that a terminal obeys. */
// oxlint-disable-next-line no-control-regex
const UNFIT_TO_PRINT = /\n\s+at .+:\d+|[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

const A = '{"id":"a","text":"A good record."}';
const Z = '{"id":"z","text":"Another one."}';
const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number) => `${'{"k":'.repeat(levels)}0${'}'.repeat(levels)}`;
const large = 'x'.repeat(17 * MIB);

interface Refused {
  readonly name: string;
  readonly file: string;
  readonly content: () => string | Uint8Array;
  readonly exit: number;
  readonly code: ErrorCode;
  readonly says: RegExp;
}

const REFUSED: readonly Refused[] = [
  {
    name: 'a million brackets that nobody closes',
    file: 'open.json',
    content: () => `[${A},\n${'['.repeat(1e6)}`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 2: the input ends in the middle of a value/,
  },
  {
    name: 'a million objects that nobody closes, on a line',
    file: 'open.jsonl',
    content: () => `${A}\n${'{"k":'.repeat(1e6)}`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 2: not JSON/,
  },
  {
    name: 'a key of 17 MiB beside the records',
    file: 'key.json',
    content: () => `{"chunks":[${A}],\n"${large}":1}`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 2: a key has more than 16777216 bytes/,
  },
  {
    name: 'only a record of 17 MiB',
    file: 'large.jsonl',
    content: () => `{"id":"b","text":"${large}"}`,
    exit: 1,
    code: 'input-nothing-acceptable',
    says: /^None of the 1 records .*rejects\.jsonl says why. No store was touched/,
  },
  {
    name: 'gzip of good records that is cut',
    file: 'cut.jsonl.gz',
    content: () => gzipSync(`${A}\n`.repeat(100_000)).subarray(0, -9),
    exit: 1,
    code: 'input-gzip',
    says: /cut, damaged/,
  },
  {
    name: 'a fault after a hundred thousand good records, some of which were sorted to disk',
    file: 'late.jsonl',
    content: () => `${records(30_000)}{"id":"z","text":"t"`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 30001: not JSON/,
  },
];

/** Lines of records that take about 10 MB when they are sorted, more than is sorted in memory. */
function records(count: number): string {
  return Array.from({ length: count }, (_, at) => `{"id":"r${at}","text":"A good record."}\n`).join('');
}

interface Rejecting {
  readonly name: string;
  readonly file: string;
  readonly content: () => string;
  readonly ids: readonly string[];
  readonly rejected: readonly Omit<RejectLine, 'message'>[];
}

const REJECTING: readonly Rejecting[] = [
  {
    name: 'a record of 17 MiB between good lines',
    file: 'large.jsonl',
    content: () => `${A}\n{"id":"b","text":"${large}"}\n${Z}\n`,
    ids: ['a', 'z'],
    rejected: [{ index: 1, line: 2, chunk_id: null, code: 'too-large', field: null }],
  },
  {
    name: 'a record of 17 MiB in an array',
    file: 'large.json',
    content: () => `[${A},\n{"id":"b","text":"${large}"},\n${Z}]`,
    ids: ['a', 'z'],
    rejected: [{ index: 1, line: 2, chunk_id: null, code: 'too-large', field: null }],
  },
  {
    name: 'a record of 17 MiB that comes first, under a name that does not say lines',
    file: 'first.json',
    content: () => `{"id":"b","text":"${large}"}\n${Z}`,
    ids: ['z'],
    rejected: [{ index: 0, line: 1, chunk_id: null, code: 'too-large', field: null }],
  },
  {
    name: 'a million lists in each other',
    file: 'lists.jsonl',
    content: () => `${A}\n{"id":"b","text":"t","m":${lists(1e6)}}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: 'b', code: 'too-deep', field: 'm' }],
  },
  {
    name: 'a million lists in each other for a record',
    file: 'record.json',
    content: () => `[${lists(1e6)},\n${A}]`,
    ids: ['a'],
    rejected: [{ index: 0, line: 1, chunk_id: null, code: 'not-an-object', field: null }],
  },
  {
    name: 'deep objects for ids, two of them alike',
    file: 'ids.jsonl',
    content: () => `${A}\n{"id":${objects(1e5)},"chunk_id":${objects(1e5)},"text":"t"}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: null, code: 'too-deep', field: 'chunk_id' }],
  },
  {
    name: 'a million values in one record',
    file: 'values.jsonl',
    content: () => `${A}\n{"id":"b","text":"t","m":[${'[],'.repeat(1e6)}0]}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: 'b', code: 'too-large', field: 'm' }],
  },
  {
    name: 'a key of 1 MiB',
    file: 'key.jsonl',
    content: () => `${A}\n{"id":"b","text":"t","${'k'.repeat(MIB)}":"\\ud800"}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: 'b', code: 'lone-surrogate', field: `${'k'.repeat(200)}...` }],
  },
  {
    name: 'a million lists in each other beside the records, where they are no matter',
    file: 'beside.json',
    content: () => `{"note":${lists(1e6)},"chunks":[${A}]}`,
    ids: ['a'],
    rejected: [],
  },
];

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

interface Odd {
  readonly name: string;
  /** Makes it, and gives what is passed as the source. */
  readonly make: (root: string) => string;
  readonly exit: number;
  readonly code?: ErrorCode;
  readonly says?: RegExp;
}

/** A folder with a `corpus.json` of these fields, or of this text. */
function corpusJson(root: string, fields: object | string): string {
  mkdirSync(join(root, 'own'), { recursive: true });
  const text = typeof fields === 'string' ? fields : JSON.stringify({ name: 'own', ...fields });
  writeFileSync(join(root, 'own/corpus.json'), text);
  return join(root, 'own');
}

function pipe(root: string): string {
  execFileSync('mkfifo', [join(root, 'pipe.json')]);
  return join(root, 'pipe.json');
}

const configInvalid = { exit: 2, code: 'config-invalid' } as const;
const missing = { exit: 2, code: 'input-missing' } as const;
const notAFile = { exit: 2, code: 'input-not-a-file' } as const;

const ODD: readonly Odd[] = [
  // Where the input may be: anywhere. Reading harms nothing, and a corpus.json is its owner's word.
  { name: 'an absolute path outside', make: (root) => corpusJson(root, { input: outside('absolute.json') }), exit: 0 },
  {
    name: 'a path upwards out of the workspace',
    make: (root) => corpusJson(root, { input: relative(join(root, 'own'), outside('upwards.json')) }),
    exit: 0,
  },
  {
    name: 'a link to a file outside',
    make: (root) => {
      symlinkSync(outside('linked.json'), join(root, 'link.json'));
      return join(root, 'link.json');
    },
    exit: 0,
  },
  // What is no file.
  { name: 'a folder', make: (root) => corpusJson(root, { input: '.' }), ...notAFile, says: /a folder/ },
  { name: 'an endless device', make: (root) => corpusJson(root, { input: '/dev/zero' }), ...notAFile, says: /device/ },
  { name: 'an empty device', make: () => '/dev/null', ...notAFile, says: /a device/ },
  { name: 'a pipe', make: pipe, ...notAFile, says: /a pipe/ },
  {
    name: 'a pipe in a corpus.json',
    make: (root) => corpusJson(root, { input: pipe(root) }),
    ...notAFile,
    says: /a pipe/,
  },
  {
    name: 'a link to a pipe',
    make: (root) => {
      symlinkSync(pipe(root), join(root, 'link.json'));
      return join(root, 'link.json');
    },
    ...notAFile,
    says: /a pipe/,
  },
  // What is not there.
  {
    name: 'links that lead in a circle',
    make: (root) => {
      symlinkSync('two.json', join(root, 'one.json'));
      symlinkSync('one.json', join(root, 'two.json'));
      return join(root, 'one.json');
    },
    ...missing,
  },
  {
    name: 'a link to nothing',
    make: (root) => {
      symlinkSync('gone.json', join(root, 'link.json'));
      return join(root, 'link.json');
    },
    ...missing,
  },
  { name: 'an address', make: (root) => corpusJson(root, { input: 'https://host.invalid/a.json' }), ...missing },
  {
    name: 'a path with NUL',
    make: (root) => corpusJson(root, { input: 'a\0.json' }),
    ...missing,
    says: /a\\u0000\.js/,
  },
  {
    name: 'a path that clears the screen',
    make: (root) => corpusJson(root, { input: '\u001B[2J\u202Enosj.a' }),
    ...missing,
    says: /^\\u001b\[2J\\u202enosj\.a \(the input/,
  },
  { name: 'a path of 100,000 letters', make: (root) => corpusJson(root, { input: 'a/'.repeat(5e4) }), ...missing },
  { name: 'a path through a file', make: (root) => join(plain(root), 'a.json'), ...missing },
  // What a corpus.json may be.
  {
    name: 'a corpus.json that is a list',
    make: (root) => corpusJson(root, '[]'),
    ...configInvalid,
    says: /^own.*name/,
  },
  { name: 'a corpus.json that is null', make: (root) => corpusJson(root, 'null'), ...configInvalid, says: /the file/ },
  { name: 'a corpus.json that is cut', make: (root) => corpusJson(root, '{"name":"own"'), ...configInvalid },
  {
    name: 'a corpus.json that is a pipe',
    make: (root) => {
      mkdirSync(join(root, 'own'));
      execFileSync('mkfifo', [join(root, 'own/corpus.json')]);
      return join(root, 'own');
    },
    ...configInvalid,
    says: /regular file/,
  },
  {
    name: 'a corpus.json that is an endless device',
    make: (root) => {
      mkdirSync(join(root, 'own'));
      symlinkSync('/dev/zero', join(root, 'own/corpus.json'));
      return join(root, 'own/corpus.json');
    },
    ...configInvalid,
    says: /regular file/,
  },
  {
    name: 'a corpus.json of 2 MiB',
    make: (root) => corpusJson(root, `${' '.repeat(2 * MIB)}{"name":"own","input":"a.json"}`),
    ...configInvalid,
    says: /at most 1048576 bytes/,
  },
  {
    name: 'a name 100,000 lists deep',
    make: (root) => corpusJson(root, `{"name":${lists(1e5)},"input":"a.json"}`),
    ...configInvalid,
    says: /name: .*expected string/i,
  },
  {
    name: 'a key that is the prototype of an object',
    make: (root) => corpusJson(root, '{"name":"own","input":"a.json","__proto__":{"table":"x"}}'),
    ...configInvalid,
    says: /__proto__: /,
  },
  {
    name: 'ten thousand wrong fields',
    make: (root) => corpusJson(root, { input: 'a.json', payload: Array.from({ length: 10_000 }, () => 'a b') }),
    ...configInvalid,
    says: /payload/,
  },
  {
    name: 'a wrong value of 500,000 letters that clears the screen',
    make: (root) => corpusJson(root, { input: 'a.json', dimensions: `\u001B[2J${'x'.repeat(5e5)}` }),
    ...configInvalid,
    says: /dimensions: .*\\u001b/,
  },
  {
    name: 'numbers without an end',
    make: (root) => corpusJson(root, '{"name":"own","input":"a.json","dimensions":1e400,"batchSize":-1e400}'),
    ...configInvalid,
    says: /dimensions: .*batchSize: /,
  },
  {
    name: 'names that lead elsewhere or end a statement',
    make: (root) =>
      corpusJson(root, { name: '../..', input: 'a.json', collection: '../x', table: 'x"; drop table y; --' }),
    ...configInvalid,
    says: /name: .*collection: .*table: /,
  },
];

/** A good input outside of every workspace. */
function outside(name: string): string {
  const path = join(tmpdir(), `lockstep-outside-${process.pid}-${name}`);
  writeFileSync(path, `[${A}]`);
  return path;
}

function plain(root: string): string {
  writeFileSync(join(root, 'plain.json'), `[${A}]`);
  return join(root, 'plain.json');
}

describe.skipIf(onWindows)('a source that is', () => {
  let workspace: HostileWorkspace;
  beforeAll(async () => {
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    workspace = await createHostileWorkspace();
  });
  afterAll(() => {
    vi.restoreAllMocks();
    workspace.dispose();
    for (const name of readdirSync(tmpdir())) {
      if (name.startsWith(`lockstep-outside-${process.pid}-`)) rmSync(join(tmpdir(), name));
    }
  });

  it.each(ODD)('$name ends with $exit', async ({ make, exit, code, says }) => {
    const root = mkdtempSync(join(workspace.root, 'odd-'));
    const outcome = await workspace.validate(make(root));
    expect(outcome).toMatchObject({ exit, code });
    if (says !== undefined) expect(outcome.message).toMatch(says);
    expect(outcome.message).not.toMatch(UNFIT_TO_PRINT);
    expect(outcome.message.length).toBeLessThan(4000);
    if (code !== undefined) expect(readdirSync(join(workspace.root, 'state'))).toEqual(['docs']);
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
  it.each([
    ['in UTF-16 is refused, and not taken for an empty one', Buffer.from('\uFEFFOPENAI_API_KEY=k\n', 'utf16le')],
    ['in Latin-1 is refused', Buffer.from('# caf\xE9\nOPENAI_API_KEY=k\n', 'latin1')],
  ])('%s', (_what, bytes) => {
    const root = mkdtempSync(join(tmpdir(), 'lockstep-env-'));
    writeFileSync(join(root, '.env'), bytes);
    expect(() => readEnvironment(root, {})).toThrow(
      expect.objectContaining({ code: 'environment-invalid', message: expect.stringMatching(/^\.env: .*UTF-8/) }),
    );
    rmSync(root, { recursive: true });
  });

  it('may begin with a byte order mark, which is no part of the first name', () => {
    const root = mkdtempSync(join(tmpdir(), 'lockstep-env-'));
    writeFileSync(join(root, '.env'), '\uFEFFQDRANT_API_KEY=k\n__proto__=x\n');
    expect(readEnvironment(root, {})).toEqual({ QDRANT_API_KEY: 'k' });
    rmSync(root, { recursive: true });
  });
});

const FIXTURES = resolve(import.meta.dirname, '../../../fixtures/inputs');

interface Command {
  readonly name: string;
  /** Gives the words after `indexer`. */
  readonly words: (root: string) => string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly code?: ErrorCode;
  readonly says?: RegExp;
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
  { name: 'a pipe', words: (root) => ['run', pipe(root)], exit: 2, code: 'input-not-a-file', says: /a pipe/ },
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
    name: 'records a million levels deep, under --strict',
    words: (root) => {
      writeFileSync(join(root, 'deep.jsonl'), `${A}\n{"id":${lists(1e6)},"text":"t"}\n`);
      return ['run', join(root, 'deep.jsonl'), '--strict'];
    },
    exit: 3,
    code: 'records-rejected',
    says: /^1 record was rejected/,
  },
  {
    name: '64 MB of different records with one id, in half as much memory',
    words: (root) => {
      const record = (at: number) => `{"id":"same","text":"t${at}","m":"${'x'.repeat(MIB)}"}\n`;
      writeFileSync(join(root, 'same.jsonl'), Array.from({ length: 64 }, (_, at) => record(at)).join(''));
      return ['validate', join(root, 'same.jsonl')];
    },
    environment: { NODE_OPTIONS: '--max-old-space-size=40 --max-semi-space-size=2' },
    exit: 0,
  },
];

describe.skipIf(onWindows)('indexer, given', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it.concurrent.each(COMMANDS)('$name, ends with $exit', async ({ words, environment, exit, code, says }) => {
    const root = mkdtempSync(join(tmpdir(), 'lockstep-command-'));
    folders.push(root);
    const given = words(root);
    const ended = await runIndexer(root, [...given, '--json'], environment);
    expect(ended.exit, ended.stderr).toBe(exit);
    expect(ended.stderr).not.toMatch(UNFIT_TO_PRINT);
    if (code === undefined) return;
    expect(ended.stderr).toContain(`error ${code}: `);
    const { error } = JSON.parse(ended.stdout) as { error: { code: string; message: string } };
    expect(error).toMatchObject({ code, message: expect.stringMatching(says as RegExp) });
    const left = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter(
        (path) => path.startsWith('.lockstep/') && !/^\.lockstep\/(\.gitignore|[^/]+(\/(tmp|validate))?)$/.test(path),
      )
      .map((path) => path.replace(/^\.lockstep\/[^/]+\//, ''));
    expect(left).toEqual(code === 'records-rejected' ? ['validate/rejects.jsonl'] : []);
    expect(readdirSync(root)).not.toContain('qdrant');
  });
});
