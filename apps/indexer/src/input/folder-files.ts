import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { IndexingError } from '@lockstep/model';
import { printable } from '../terminal/printable.ts';

/** Names of files that may be chunks. */
const CHUNKS_NAME = /\.(json|jsonl|ndjson|csv|tsv|parquet)(\.(gz|zst))?$/i;

/** What is never part of an input that is given as a folder or a pattern. */
export function isNoInput(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules' || name === 'corpus.json';
}

/** The files below a folder, by paths from there with `/`, each list sorted. */
export interface FolderFiles {
  /** By their names, files of chunks. */
  readonly files: readonly string[];
  readonly leftOut: readonly string[];
}

/**
 * Finds all files of chunks below a folder. Hidden files, `node_modules` and every `corpus.json` are passed over, links to
 * folders are not followed. Fails with `input-missing` where a folder cannot be read.
 */
export function folderFiles(folder: string): FolderFiles {
  const files: string[] = [];
  const leftOut: string[] = [];
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of entriesOf(join(folder, at))) {
      if (isNoInput(entry.name)) continue;
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) pending.push(path);
      else if (CHUNKS_NAME.test(entry.name) && isFile(join(folder, path))) files.push(path);
      else leftOut.push(path);
    }
  }
  return { files: files.sort(), leftOut: leftOut.sort() };
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new IndexingError({ code: 'input-missing', message: `${printable(folder)} cannot be read (${code}).` });
  }
}

/** Whether a path is a regular file, or a link to one. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
