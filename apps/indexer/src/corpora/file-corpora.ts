import { readdirSync, rmSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { DISK } from '@lockstep/embedding-cache';
import { isAddress, isIndexingError, type CorpusConfig } from '@lockstep/model';
import { shownAddress } from '../input/shown-address.ts';
import { isStdin } from '../input/stdin-bytes.ts';
import { newCorpusConfig } from '../new-corpus/new-corpus-config.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import type { Flags } from '../settings/flags.ts';
import { readJson } from '../settings/workspace-corpora.ts';

/** In the folder of a corpus: what it was loaded from on this machine, where no corpus.json says it. */
const SOURCE_FILE = 'source.json';

/** What was typed to load a corpus without a `corpus.json`. */
interface LoadedSource {
  readonly name: string;
  /** Paths from the folder of the corpus, addresses without their query, or `-`. */
  readonly input: readonly string[];
  readonly flags: Partial<Flags>;
}

/** A corpus that was loaded on this machine without a `corpus.json`. */
export interface FileCorpus extends LoadedSource {
  /** The folder that paths of its input are relative to. */
  readonly folder: string;
  /** What its `corpus.json` would be. */
  readonly config: CorpusConfig;
}

/** Flags that a `corpus.json` has in its own words; the others are not about the corpus. */
const REMEMBERED = [
  ...(['collection', 'table', 'model', 'dimensions', 'batch-size', 'qdrant-batch-size', 'neon-batch-size'] as const),
  ...(['deletes', 'overlong', 'payload', 'max-rejected-percent'] as const),
  ...(['records', 'id', 'text', 'document', 'title', 'page', 'created'] as const),
];

/** Remembers what a corpus without a `corpus.json` is loaded from. */
export function rememberSource(
  stateDirectory: string,
  { name, given, typed, cwd }: { name: string; given: readonly string[]; typed: Partial<Flags>; cwd: string },
): void {
  const folder = corpusFolder(stateDirectory, name);
  const input = given.map((part) => {
    if (isStdin(part)) return '-';
    if (isAddress(part)) return shownAddress(new URL(part));
    return relative(folder, resolve(cwd, part)).replaceAll('\\', '/');
  });
  const flags = Object.fromEntries(REMEMBERED.flatMap((flag) => (flag in typed ? [[flag, typed[flag]]] : [])));
  writeSource(folder, { name, input, flags });
}

/** Forgets it: a corpus that was dropped is not missed. */
export function forgetSource(stateDirectory: string, name: string): void {
  rmSync(join(corpusFolder(stateDirectory, name), SOURCE_FILE), { force: true });
}

/** Remembers it under another name. */
export function renameSource(
  stateDirectory: string,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  const source = readSourceOf(stateDirectory, from);
  // The folders of both names are in the same one, so that the paths of the input stay.
  if (source !== undefined) writeSource(corpusFolder(stateDirectory, to), { ...source, name: to });
  forgetSource(stateDirectory, from);
}

/** The corpora that were loaded on this machine without a `corpus.json`, sorted by name. A file that cannot be used is left out. */
export function fileCorpora(stateDirectory: string): FileCorpus[] {
  let names: string[];
  try {
    names = readdirSync(stateDirectory);
  } catch {
    return [];
  }
  return names.toSorted().flatMap((name): FileCorpus[] => {
    const source = readSourceOf(stateDirectory, name);
    if (source === undefined) return [];
    try {
      const config = newCorpusConfig({ name, input: source.input.map(inputPart), typed: source.flags });
      return [{ ...source, folder: corpusFolder(stateDirectory, name), config }];
    } catch (error) {
      if (isIndexingError(error)) return [];
      throw error;
    }
  });
}

/** The arguments that load it again, from the folder `cwd`. */
export function argumentsOf(
  { name, input, flags, folder }: FileCorpus,
  cwd: string,
  derived: string | undefined,
): string[] {
  const paths = input.map((part) => {
    if (isStdin(part) || isAddress(part)) return part;
    const path = resolve(folder, part);
    const below = relative(cwd, path);
    return below === '' ? '.' : below.startsWith('..') || isAbsolute(below) ? path : below;
  });
  const typed = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return [...paths, ...(derived === name ? [] : ['--corpus', name]), ...typed];
}

function readSourceOf(stateDirectory: string, name: string): LoadedSource | undefined {
  const read = readJson<Partial<LoadedSource>>(join(corpusFolder(stateDirectory, name), SOURCE_FILE));
  const { input, flags } = read ?? {};
  if (read?.name !== name || !Array.isArray(input) || !input.every((part) => typeof part === 'string'))
    return undefined;
  return typeof flags === 'object' && flags !== null ? { name, input, flags } : undefined;
}

function writeSource(folder: string, source: LoadedSource): void {
  DISK.makeFolder(folder);
  const path = join(folder, SOURCE_FILE);
  const file = DISK.open(`${path}.unfinished`, 'w');
  try {
    DISK.write(file, Buffer.from(`${JSON.stringify(source, null, 2)}\n`));
  } finally {
    DISK.close(file);
  }
  DISK.rename(`${path}.unfinished`, path);
}

function inputPart(part: string): CorpusConfig['input'] & (string | { readonly url: string }) {
  return isAddress(part) ? { url: part } : part;
}
