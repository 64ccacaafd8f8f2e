import { existsSync, globSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { IndexingError, isAddress, isIndexingError, type CorpusInputPart } from '@lockstep/model';
import { assertRegularFile } from '../runtime/input-file.ts';
import { printable } from '../terminal/printable.ts';
import { folderFiles, isFile, isNoInput } from './folder-files.ts';
import type { Input, InputPart } from './input-parts.ts';
import { shownAddress } from './shown-address.ts';
import { isStdin } from './stdin-bytes.ts';

export interface FindInputOptions {
  /** The folder that paths are relative to. */
  readonly from: string;
  /** Root of the workspace, from which paths are shown. */
  readonly root: string;
  /** Whose input it is, for messages. @default that of the command line */
  readonly of?: string;
}

/** Files of one input; each costs an opening, a shape and a digest. */
const FILES_MAX = 100_000;

/** Names that a message lists. */
const NAMED_MAX = 5;

/** What makes a pattern of a path. */
const MAGIC = /[*?[{]|[!@+]\(/;

/** What one path of an input stands for. */
interface Found {
  readonly parts: readonly InputPart[];
  readonly shown: string;
  readonly label: string | undefined;
  readonly leftOut?: readonly string[];
}

/** Whether a text that is no existing path is a pattern of paths. */
export function isPattern(text: string): boolean {
  return MAGIC.test(text);
}

/**
 * Finds what an input is made of: each given part is a file, a folder, with all files of chunks below it, a pattern of
 * files, an address or, on the command line, stdin. A file that is given twice is read once.
 *
 * Fails with `input-missing` where a path does not exist, a pattern matches no file or a folder has none, with
 * `input-not-a-file`, and with `input-too-large` for more than 100,000 files.
 */
export function findInput(given: readonly CorpusInputPart[], options: FindInputOptions): Input {
  const found = given.map((path) => findPart(path, options));
  const parts = new Map<string, InputPart>();
  for (const part of found.flatMap((each) => each.parts)) parts.set(keyOf(part), part);
  if (parts.size > FILES_MAX) {
    throw new IndexingError({
      code: 'input-too-large',
      message: `Expected at most ${FILES_MAX} files in an input, found ${parts.size}.`,
    });
  }
  const all = [...parts.values()];
  const folder = commonFolder(all);
  return {
    parts: all,
    shown: found.map(({ shown }) => shown).join(' '),
    // One file is itself, and looking through the folder that it happens to be in may take long.
    ...(folder !== undefined && parts.size > 1 && isAllOf(folder, parts)
      ? { folder: `${pathFromRoot(options.root, folder)}/` }
      : {}),
    leftOut: found.flatMap(({ leftOut = [] }) => leftOut),
    label: found.length === 1 ? found[0]?.label : folder && basename(folder),
  };
}

function isAllOf(folder: string, parts: ReadonlyMap<string, InputPart>): boolean {
  try {
    const { files } = folderFiles(folder);
    return files.length === parts.size && files.every((path) => parts.has(join(folder, path)));
  } catch (error) {
    // What is in a folder that cannot be read is not among the parts.
    if (isIndexingError(error)) return false;
    throw error;
  }
}

function keyOf(part: InputPart): string {
  if (part.kind === 'address') return part.url.href;
  return part.kind === 'file' ? part.path : '-';
}

function findPart(given: CorpusInputPart, options: FindInputOptions): Found {
  const { from, root, of } = options;
  if (typeof given !== 'string') return findAddress(given.url, given.sha256);
  if (of === undefined && isAddress(given)) return findAddress(given, undefined);
  if (of === undefined && isStdin(given)) {
    return { parts: [{ kind: 'stdin', name: 'stdin' }], shown: '-', label: undefined };
  }
  const path = resolve(from, given);
  const shown = pathFromRoot(root, path);
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return findFolder(given, path, options);
    assertRegularFile(path);
    return { parts: [{ kind: 'file', name: shown, path }], shown, label: basename(path) };
  }
  if (isPattern(given)) return findPattern(given, options);
  throw missing(`${named(given, options)} does not exist`);
}

/** An address; its text may hold secrets, and is not shown. */
function findAddress(text: string, sha256: string | undefined): Found {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new IndexingError({ code: 'usage', message: 'Expected a valid http or https address.' });
  if (url.username !== '' || url.password !== '') {
    const message =
      'Expected an address without a user and a password; to read one that needs them, pipe it: curl ... | indexer run -.';
    throw new IndexingError({ code: 'usage', message });
  }
  const name = shownAddress(url);
  const label = url.pathname.split('/').findLast((segment) => segment !== '');
  return { parts: [{ kind: 'address', name, url, sha256 }], shown: name, label };
}

function findFolder(given: string, folder: string, options: FindInputOptions): Found {
  const { files, leftOut } = folderFiles(folder);
  const shown = pathFromRoot(options.root, folder);
  const below = (path: string): string => (shown === '' ? path : `${shown}/${path}`);
  if (files.length === 0) {
    const found = leftOut.length === 0 ? 'no other file' : listed(leftOut);
    throw missing(
      `${named(given, options)} is a folder without ${options.of === undefined ? 'a corpus.json and without ' : ''}` +
        `a file of chunks (.json, .jsonl, .ndjson, .csv, .tsv or .parquet, also with .gz or .zst); found ${found}`,
    );
  }
  return {
    parts: files.map((path) => ({ kind: 'file', name: below(path), path: join(folder, path) })),
    shown: `${shown}/`,
    label: basename(folder),
    leftOut: leftOut.map(below),
  };
}

/** Files whose paths match; those that `isNoInput` only where the pattern names them. */
function findPattern(pattern: string, options: FindInputOptions): Found {
  const { from, root } = options;
  const asked = new Set(pattern.split(/[\\/]/));
  const isOut = (path: string): boolean => path.split(/[\\/]/).some((name) => isNoInput(name) && !asked.has(name));
  const matches = globSync(pattern, { cwd: from, exclude: (path) => isOut(path) }).filter((path) => !isOut(path));
  const paths = matches.map((path) => resolve(from, path)).filter((path) => isFile(path));
  if (paths.length === 0) {
    const found = matches.length === 0 ? '' : `; it matches ${listed(matches)}, no regular files`;
    throw missing(`${named(pattern, options)} matches no file${found}`);
  }
  const parts = paths.map((path): InputPart => ({ kind: 'file', name: pathFromRoot(root, path), path }));
  const base = resolve(from, fixedFolder(pattern));
  return {
    parts: parts.sort((a, b) => (a.name < b.name ? -1 : 1)),
    shown: `${pathFromRoot(root, base)}/${pattern.slice(fixedFolder(pattern).length)}`.replace(/^\//, ''),
    label: basename(base),
  };
}

/** The beginning of a pattern that is a folder, with its last `/`. */
export function fixedFolder(pattern: string): string {
  const magic = pattern.search(MAGIC);
  return pattern.slice(0, pattern.lastIndexOf('/', magic) + 1);
}

/** A path as it is shown and stored: from the root, with `/` on every system. */
function pathFromRoot(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

/** The folder that all files are in. */
function commonFolder(parts: readonly InputPart[]): string | undefined {
  const folders = new Set(parts.map((part) => (part.kind === 'file' ? dirname(part.path) : undefined)));
  const [folder] = folders;
  return folders.size === 1 ? folder : undefined;
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).map(printable).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A path as it was given, in words. */
function named(given: string, { of }: FindInputOptions): string {
  return of === undefined ? `"${printable(given)}"` : `${printable(given)} (the input of ${printable(of)})`;
}

function missing(what: string): IndexingError {
  return new IndexingError({ code: 'input-missing', message: `${what}.` });
}
