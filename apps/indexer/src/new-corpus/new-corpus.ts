import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { IndexingError, isAddress, type CorpusConfig, type CorpusInputPart } from '@lockstep/model';
import { fixedFolder } from '../input/find-input.ts';
import { isStdin } from '../input/stdin-bytes.ts';
import type { Source } from '../settings/corpus-file.ts';
import type { Flags } from '../settings/flags.ts';
import { newCorpusConfig } from './new-corpus-config.ts';

export interface NewCorpusOptions {
  /** The sources as they were typed. */
  readonly given: readonly string[];
  readonly source: Source;
  /** What was typed, without what variables say. */
  readonly typed: Partial<Flags>;
  readonly root: string;
  /** The paths that make ids unique, where those of the input are not. */
  readonly uniqueId?: readonly string[] | null | undefined;
}

/** A `corpus.json` that does not exist yet. */
export interface PlannedCorpus {
  readonly folder: string;
  readonly path: string;
  readonly config: CorpusConfig;
}

/** Where in a workspace the schema of `corpus.json` may be. */
const SCHEMA_PLACES = ['docs/corpus.schema.json', 'node_modules/@lockstep/indexer/corpus.schema.json'];

/**
 * The `corpus.json` for an input: what it says and where it belongs. Asks nothing and writes nothing. Fails with `usage`
 * for an input that none can name, such as stdin, or that gives no folder.
 */
export function planNewCorpus({ given, source, typed, root, uniqueId }: NewCorpusOptions): PlannedCorpus {
  if (given.some(isStdin))
    throw usage('The input of a corpus.json is a file or an address; write stdin to a file first');
  const folder = typed.folder === undefined ? folderOf(given) : resolve(typed.folder);
  const places = isBelow(root, folder) ? SCHEMA_PLACES.map((place) => join(root, place)) : [];
  const schema = places.find((path) => existsSync(path));
  const config = newCorpusConfig({
    name: source.config.name,
    input: given.map((path) => (isAddress(path) ? addressOf(path) : pathFrom(folder, path))),
    typed,
    uniqueId,
    schema: schema && pathFrom(folder, schema),
  });
  return { folder, path: join(folder, 'corpus.json'), config };
}

/** Whether a path is in a folder, or is that folder. */
export function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** Fails with `usage` for an address with a query, which may be a secret. */
function addressOf(url: string): CorpusInputPart {
  if (new URL(url).search !== '') {
    throw usage(
      'The query of the address may be a secret, which init writes into no file; write the corpus.json by hand',
    );
  }
  return { url };
}

/** The one folder that the files are in. */
function folderOf(given: readonly string[]): string {
  const folders = new Set(given.filter((path) => !isAddress(path)).map(folderOfOne));
  const [folder] = folders;
  if (folder === undefined || folders.size > 1)
    throw usage('The input is in no one folder; expected --folder with the folder that gets the corpus.json');
  return folder;
}

function folderOfOne(given: string): string {
  const path = resolve(given);
  if (!existsSync(path)) return resolve(fixedFolder(given));
  return statSync(path).isDirectory() ? path : dirname(path);
}

/** A path or a pattern as it is from a folder, with `/` on every system. */
function pathFrom(folder: string, given: string): string {
  return relative(folder, resolve(given)).split(sep).join('/') || '.';
}

function usage(what: string): IndexingError {
  return new IndexingError({ code: 'usage', message: `${what}.` });
}
