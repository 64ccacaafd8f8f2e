import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
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
 * Input that is hostile or broken. Small files are in `fixtures/inputs` and are read by `validate.test.ts`; endless
 * ones are in `read-records-bounds.test.ts`; files that change are in `input-file.test.ts`. Here are large, deep and
 * odd files, paths that are no regular files, names, and what the command line does with all of them.
 */

const onWindows = process.platform === 'win32';

/** A stack trace, or a control character of a terminal. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNFIT_TO_PRINT = /\n\s+at .+:\d+|[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

describe('hostile content', () => {
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

  it.each(REFUSED)(
    'an input with $name is refused, and the earlier chunks stay',
    async ({ file, content, exit, code, says }) => {
      const outcome = await workspace.validate(workspace.put(file, content()));
      expect(outcome).toMatchObject({ exit, code, message: expect.stringMatching(says) });
      expect(outcome.message.length).toBeLessThan(300);
      expect(workspace.traces()).toEqual([]);
      expect(printed).not.toMatch(UNFIT_TO_PRINT);
    },
  );

  it.each(REJECTING)(
    'an input with $name is accepted without the bad records',
    async ({ file, content, ids, rejected }) => {
      const outcome = await workspace.validate(workspace.put(file, content()));
      expect(outcome).toMatchObject({ exit: 0, receipt: { accepted: ids.length, rejected: rejected.length } });
      expect(workspace.chunkIds()).toEqual(ids);
      const sparse = rejected.map((reject) => ({
        ...reject,
        message: expect.stringMatching(/^expected|^has no /) as string,
      }));
      expect(workspace.rejects().map(({ keys: _keys, ...reject }) => reject)).toEqual(sparse);
      for (const { keys } of workspace.rejects()) {
        expect(keys?.length ?? 0).toBeLessThanOrEqual(10);
        expect(Math.max(0, ...(keys ?? []).map((key) => key.length))).toBeLessThanOrEqual(60);
      }
      expect(workspace.traces()).toEqual(['a receipt', 'other chunks than those of the good input']);
      expect(printed.length).toBeLessThan(1000);
      expect(printed).not.toMatch(UNFIT_TO_PRINT);
    },
  );

  it.each([
    ['gzip of two members', 'valid/gzip-two-members.jsonl.gz', 4],
    ['zstd of two frames', 'valid/zstd-two-frames.jsonl.zst', 4],
    ['columns of Parquet', 'rejects/table.parquet', 2],
    ['rows of a table', 'valid/table.csv', 3],
    ['UTF-16', 'valid/utf-16-le.json', 1],
  ])('an input with %s is read from its file', async (_what, fixture, accepted) => {
    const outcome = await workspace.validate(workspace.put(basename(fixture), readFileSync(join(FIXTURES, fixture))));
    expect(outcome).toMatchObject({ exit: 0, receipt: { accepted } });
  });

  it('an input with twenty thousand bad records is accepted only if that many may be left out, and not each is logged', async () => {
    const path = workspace.put('many.json', `[${A}${',{}'.repeat(20_000)}]`);
    expect(await workspace.validate(path)).toMatchObject({ exit: 4, code: 'too-many-rejected' });
    expect(workspace.traces()).toEqual([]);
    const outcome = await workspace.validate(path, undefined, { 'max-rejected-percent': '100' });
    expect(outcome.receipt).toMatchObject({ accepted: 1, rejected: 20_000 });
    expect(workspace.rejects()).toHaveLength(20_000);
    expect(printed.split('\n').length).toBeLessThan(60);
  });

  it('a text that is too long is embedded whole, and truncated or rejected if corpus.json or --overlong says so', async () => {
    workspace.put('long.json', JSON.stringify([{ id: 'long', text: 'word '.repeat(300) }]));
    const validate = (overlong: object, flags?: Readonly<Record<string, string>>) => {
      const source = corpusJson(workspace.root, { input: '../long.json', ...overlong });
      return workspace.validate(source, undefined, flags);
    };
    const truncated = { exit: 0, receipt: { accepted: 1, truncated: 1 } };
    const rejected = { exit: 1, code: 'input-nothing-acceptable' };
    expect(await validate({})).toMatchObject({ exit: 0, receipt: { truncated: 0, overlong: { mode: 'windows' } } });
    expect(await validate({ overlong: 'reject' })).toMatchObject(rejected);
    expect(await validate({ overlong: 'truncate' })).toMatchObject(truncated);
    expect(printed).toContain('text-truncated');
    expect(await validate({ overlong: 'truncate' }, { overlong: 'reject' })).toMatchObject(rejected);
    expect(await validate({}, { overlong: 'truncate' })).toMatchObject(truncated);
  });

  it('control characters in ids and keys are not printed', async () => {
    const [id, key] = ['\u001B[2J\u009B1A\u202Enosj', '\u001B]0;title\u0007'];
    const outcome = await workspace.validate(
      workspace.put(
        'escapes.json',
        JSON.stringify([
          { id, text: 5 },
          { id: 'b', text: 't', [key]: 2 ** 90 },
          { id: 'c', text: 't' },
          { id: 'd', text: 't' },
        ]),
      ),
    );
    expect(outcome.receipt).toMatchObject({ accepted: 2, rejected: 2 });
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
  ])('a %s input that changes while it is read is refused, and the earlier chunks stay', async (_how, file, packed) => {
    const path = workspace.put(file, packed(`${A}\n${Z}\n`));
    const { signal } = new AbortController();
    // The signal is checked for each record.
    vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => appendFileSync(path, `${Z}\n`));
    expect(await workspace.validate(path, signal)).toMatchObject({ exit: 1, code: 'input-changed' });
    expect(workspace.traces()).toEqual([]);
  });
});

describe.skipIf(onWindows)('odd sources', () => {
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

  it.each(ODD_SOURCES)('validate of $name ends with $exit', async ({ make, exit, code, says }) => {
    const root = mkdtempSync(join(workspace.root, 'odd-'));
    const outcome = await workspace.validate(make(root, plain(elsewhere)));
    expect(outcome).toMatchObject({ exit, code });
    if (says !== undefined) expect(outcome.message).toMatch(says);
    expect(outcome.message).not.toMatch(UNFIT_TO_PRINT);
    expect(outcome.message.length).toBeLessThan(4000);
    expect(readdirSync(join(workspace.root, 'state'))).toEqual(['docs']);
  });
});

describe('names', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'lockstep-names-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it.each(['..', '.', '../x', 'a/b', 'a\\b', 'A', 'ä', 'a.', '-a', 'a b', 'cache', 'x'.repeat(65), 'a\n', '__proto__'])(
    'the corpus name %j is refused in a flag and in a corpus.json',
    (name) => {
      const refusal = expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(/name/i) });
      expect(() => readSource(plain(root), name, root)).toThrow(refusal);
      expect(() => readSource(corpusJson(root, { name, input: '../plain.json' }), undefined, root)).toThrow(refusal);
    },
  );

  it.each(['日本.json', '....json', '.json', `${'x'.repeat(65)}.json`, 'Cache.jsonl.gz', '\u001B[2J'])(
    'the file name %j gives a valid corpus name, and --corpus another',
    (name) => {
      writeFileSync(join(root, name), `[${A}]`);
      const made = (corpus?: string) => readSource(join(root, name), corpus, root).config.name;
      expect(made()).toMatch(/^[a-z0-9][a-z0-9-]{0,63}$/);
      expect(made('docs')).toBe('docs');
    },
  );

  it.skipIf(onWindows)('a corpus is found by its name although other corpus.json files cannot be read', async () => {
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
    ['UTF-16', Buffer.from('\uFEFFOPENAI_API_KEY=k\n', 'utf16le')],
    ['Latin-1', Buffer.from('# caf\xE9\nOPENAI_API_KEY=k\n', 'latin1')],
  ])('a .env in %s is refused', (_encoding, bytes) => {
    writeFileSync(join(root, '.env'), bytes);
    expect(() => readEnvironment(root, {})).toThrow(
      expect.objectContaining({ code: 'environment-invalid', message: expect.stringMatching(/^\.env: .*UTF-8/) }),
    );
  });

  it('a byte order mark at the beginning of .env is not part of the first name', () => {
    writeFileSync(join(root, '.env'), '\uFEFFQDRANT_API_KEY=k\n__proto__=x\n');
    expect(readEnvironment(root, {})).toEqual({ QDRANT_API_KEY: 'k' });
  });
});

const FIXTURES = resolve(import.meta.dirname, '../../../../fixtures/inputs');

interface Command {
  readonly name: string;
  /** Returns the arguments of `indexer`. */
  readonly args: (root: string) => string[];
  readonly exit: number;
  readonly code: ErrorCode;
  readonly says: RegExp;
}

const COMMANDS: readonly Command[] = [
  {
    name: 'bytes that are not UTF-8',
    args: () => ['run', join(FIXTURES, 'invalid/overlong-utf-8.jsonl')],
    exit: 1,
    code: 'input-encoding',
    says: /line 2/,
  },
  {
    name: 'gzip that is cut',
    args: () => ['run', join(FIXTURES, 'invalid/gzip-without-trailer.jsonl.gz')],
    exit: 1,
    code: 'input-gzip',
    says: /cut/,
  },
  { name: 'a pipe', args: (root) => ['runtime', pipe(root)], exit: 2, code: 'input-not-a-file', says: /a pipe/ },
  {
    name: 'a corpus.json full of traps',
    args: (root) => [
      'run',
      corpusJson(root, { name: '\u001B[2J', input: '/dev/zero', dimensions: 1e308, '\u202E': 1 }),
    ],
    exit: 2,
    code: 'config-invalid',
    says: /name: .*dimensions: .*\\u202e/,
  },
  {
    name: 'a broken line, under --strict',
    args: () => ['run', join(FIXTURES, 'rejects/broken-line.jsonl'), '--strict'],
    exit: 3,
    code: 'records-rejected',
    says: /^1 record was rejected/,
  },
  {
    name: 'a PDF',
    args: () => ['run', join(FIXTURES, 'invalid/pdf.jsonl')],
    exit: 1,
    code: 'input-form',
    says: /^The input is a PDF/,
  },
  {
    name: 'an id 100,000 lists deep, under --strict',
    args: (root) => {
      writeFileSync(join(root, 'deep.jsonl'), `${A}\n{"id":${lists(1e5)},"text":"t"}\n`);
      return ['run', join(root, 'deep.jsonl'), '--strict'];
    },
    exit: 3,
    code: 'records-rejected',
    says: /^1 record was rejected/,
  },
];
describe.skipIf(onWindows)('hostile arguments', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it.concurrent.each(COMMANDS)(
    'indexer ends with $exit for $name, without a stack trace and half-written files',
    async ({ args, exit, code, says }) => {
      const root = mkdtempSync(join(tmpdir(), 'lockstep-command-'));
      folders.push(root);
      const given = args(root);
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
      // The mark of a run that failed, which `summary` and `status` tell of. Nothing runs where corpus.json is wrong.
      const mark = given[0] === 'run' && code !== 'config-invalid' ? ['attempts', 'attempts/run.json'] : [];
      expect(left).toEqual([...mark, ...(code === 'records-rejected' ? ['validate/rejects.jsonl'] : [])]);
    },
  );
});
