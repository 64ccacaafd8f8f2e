import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ErrorCode, ExitCode } from '@lockstep/model';
import { A, lists } from './hostile-contents.ts';

const MIB = 1024 * 1024;

/** A source that is no regular file, or a corpus.json that is odd or wrong. */
interface OddSource {
  readonly name: string;
  /** Creates it in `root`, and returns the argument of the command. `outside` is a good input in another folder. */
  readonly make: (root: string, outside: string) => string;
  readonly exit: ExitCode;
  readonly code?: ErrorCode;
  readonly says?: RegExp;
}

/** Creates a folder with a `corpus.json` of these fields, or with this text. */
export function corpusJson(root: string, fields: object | string): string {
  mkdirSync(join(root, 'own'), { recursive: true });
  const text = typeof fields === 'string' ? fields : JSON.stringify({ name: 'own', ...fields });
  writeFileSync(join(root, 'own/corpus.json'), text);
  return join(root, 'own');
}

/** Creates a pipe without a writer. */
export function pipe(root: string): string {
  execFileSync('mkfifo', [join(root, 'pipe.json')]);
  return join(root, 'pipe.json');
}

/** Creates a good input. */
export function plain(root: string): string {
  writeFileSync(join(root, 'plain.json'), `[${A}]`);
  return join(root, 'plain.json');
}

const configInvalid = { exit: 2, code: 'config-invalid' } as const;
const missing = { exit: 2, code: 'input-missing' } as const;
const notAFile = { exit: 2, code: 'input-not-a-file' } as const;

export const ODD_SOURCES: readonly OddSource[] = [
  // The input may be anywhere: reading it does no harm, and its owner wrote the corpus.json.
  { name: 'an absolute path outside', make: (root, outside) => corpusJson(root, { input: outside }), exit: 0 },
  {
    name: 'a path upwards out of the workspace',
    make: (root, outside) => corpusJson(root, { input: relative(join(root, 'own'), outside) }),
    exit: 0,
  },
  {
    name: 'a link to a file outside',
    make: (root, outside) => {
      symlinkSync(outside, join(root, 'link.json'));
      return join(root, 'link.json');
    },
    exit: 0,
  },
  // No regular files.
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
  // Paths that do not exist.
  { name: 'a folder without chunks', make: (root) => corpusJson(root, { input: '.' }), ...missing, says: /a folder/ },
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
  {
    name: 'an address as a path',
    make: (root) => corpusJson(root, { input: 'https://host.invalid/a.json' }),
    ...configInvalid,
    says: /input: expected \{ "url"/,
  },
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
  // Wrong corpus.json files.
  {
    name: 'a corpus.json that is a list',
    make: (root) => corpusJson(root, '[]'),
    ...configInvalid,
    says: /^own\/corpus\.json: expected an object, found an empty list\.$/,
  },
  {
    name: 'a corpus.json that is null',
    make: (root) => corpusJson(root, 'null'),
    ...configInvalid,
    says: /expected an object, found null/,
  },
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
    name: 'a corpus.json with a name of 100,000 nested lists',
    make: (root) => corpusJson(root, `{"name":${lists(1e5)},"input":"a.json"}`),
    ...configInvalid,
    says: /name: expected a text, found a list/,
  },
  {
    name: 'a corpus.json with the key __proto__',
    make: (root) => corpusJson(root, '{"name":"own","input":"a.json","__proto__":{"table":"x"}}'),
    ...configInvalid,
    says: /no field "__proto__"/,
  },
  {
    name: 'a corpus.json with ten thousand wrong fields',
    make: (root) => corpusJson(root, { input: 'a.json', payload: Array.from({ length: 10_000 }, () => 'a b') }),
    ...configInvalid,
    says: /payload/,
  },
  {
    name: 'a corpus.json with a wrong value of 500,000 letters',
    make: (root) => corpusJson(root, { input: 'a.json', dimensions: 'x'.repeat(5e5) }),
    ...configInvalid,
    says: /dimensions: expected a number\.$/,
  },
  {
    name: 'a corpus.json with a wrong value that clears the screen',
    make: (root) => corpusJson(root, { input: 'a.json', dimensions: '\u001B[2J' }),
    ...configInvalid,
    says: /dimensions: expected a number, found .*\\u001b/,
  },
  {
    name: 'a corpus.json with infinite numbers',
    make: (root) => corpusJson(root, '{"name":"own","input":"a.json","dimensions":1e400,"batchSize":-1e400}'),
    ...configInvalid,
    says: /dimensions: .*batchSize: /,
  },
  {
    name: 'a corpus.json with names that are paths or end a SQL statement',
    make: (root) =>
      corpusJson(root, { name: '../..', input: 'a.json', collection: '../x', table: 'x"; drop table y; --' }),
    ...configInvalid,
    says: /name: .*collection: .*table: /,
  },
];
