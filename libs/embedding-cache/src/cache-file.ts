import { fstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CheckedLine } from './cache-line.ts';
import type { FileSystem } from './file-system.ts';
import { openIndexedLines, type IndexedLines } from './indexed-lines.ts';

/** A line to append. */
export interface NewLine extends CheckedLine {
  readonly text: string;
}

/** The file of a cache, opened for appending. All but `lines` and `close` are called with the lock of the cache. */
export interface CacheFile {
  /** The index of its lines; another one after the file was replaced. */
  readonly lines: IndexedLines;
  /** Indexes the lines of the file, cuts off an incomplete one at its end, and syncs the file. */
  settle(): void;
  /** Appends the lines that the cache needs, which are on disk when it returns, and returns how many. */
  append(offered: readonly NewLine[]): number;
  close(): void;
}

export interface CacheFileOptions {
  readonly path: string;
  readonly dimensions: number;
  readonly files: FileSystem;
}

interface Opened {
  readonly file: number;
  readonly lines: IndexedLines;
}

/** Opens the file, which is created if it is missing. No line is indexed yet. */
export function openCacheFile({ path, dimensions, files }: CacheFileOptions): CacheFile {
  let opened = open();
  /** Whether the names of the file and of its folder are synced; before that a power cut may remove a new file. */
  let isNameSynced = false;

  function open(): Opened {
    files.makeFolder(dirname(path));
    const file = files.open(path, 'a');
    try {
      return { file, lines: openIndexedLines(path, dimensions) };
    } catch (error) {
      files.close(file);
      throw error;
    }
  }

  function close({ file, lines }: Opened): void {
    lines.close();
    files.close(file);
  }

  /** Opens the path anew after a repair or a deletion of the file, since appends to the old file would be lost. */
  function reopenReplaced(): void {
    if (isAt(opened.file, path)) return;
    const before = opened;
    opened = open();
    isNameSynced = false;
    close(before);
  }

  /** Indexes new lines. The caller has the lock, so an incomplete line at the end was left by a killed writer. */
  function indexNewLines(): void {
    reopenReplaced();
    const { file, lines } = opened;
    lines.indexNewLines();
    if (lines.fileBytes() !== lines.indexedBytes()) files.truncate(file, lines.indexedBytes());
  }

  function persist(): void {
    files.sync(opened.file);
    if (isNameSynced) return;
    const folder = dirname(path);
    files.syncFolder(folder);
    // The process that made the folder may have been killed before it synced the folder's name.
    files.syncFolder(dirname(folder));
    isNameSynced = true;
  }

  return {
    get lines() {
      return opened.lines;
    },
    settle() {
      indexNewLines();
      // The last writer may have been killed before it synced its lines, which count as paid from here on.
      if (opened.lines.indexedBytes() > 0) persist();
    },
    append(offered) {
      indexNewLines();
      const { file, lines } = opened;
      const taken = new Map<string, NewLine>();
      for (const line of offered) {
        const earlier = taken.get(line.key);
        const isNeeded = earlier === undefined ? lines.improves(line) : earlier.isRecovered && !line.isRecovered;
        if (isNeeded) taken.set(line.key, line);
      }
      const text = Array.from(taken.values(), (line) => line.text).join('');
      files.write(file, Buffer.from(text, 'latin1'));
      persist();
      for (const line of taken.values()) lines.add(line);
      return taken.size;
    },
    close: () => close(opened),
  };
}

/** Whether an open file is the one at a path. */
function isAt(file: number, path: string): boolean {
  const own = fstatSync(file, { bigint: true });
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  return named !== undefined && named.ino === own.ino && named.dev === own.dev;
}
