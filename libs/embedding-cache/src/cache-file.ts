import { fstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CheckedLine } from './cache-line.ts';
import type { FileSystem } from './file-system.ts';
import { openIndexedLines, type IndexedLines } from './indexed-lines.ts';

/** A line to append. */
export interface NewLine extends CheckedLine {
  readonly text: string;
}

/** The file of a cache, opened for appending. But for `lines` and `close`, whoever calls holds the lock. */
export interface CacheFile {
  /** What is known of its lines; another index once the file was replaced. */
  readonly lines: IndexedLines;
  /** Learns what is there, cuts off a torn end, and makes sure that what was learned stays. */
  settle(): void;
  /** Appends those that are worth it, which are on disk when it returns, and gives how many. */
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

/** Opens the file, made where it is missing, and knows no line of it yet. */
export function openCacheFile({ path, dimensions, files }: CacheFileOptions): CacheFile {
  let opened = open();
  /** Whether the names of the file and of its folder are on disk; a new file is there for good only then. */
  let isNamed = false;

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

  /** A repair gives the name to another file, and somebody may delete this one: what is appended to it then is lost. */
  function follow(): void {
    if (isAt(opened.file, path)) return;
    const before = opened;
    opened = open();
    isNamed = false;
    close(before);
  }

  /** No writer is alive, so what is left of a line at the end is torn. */
  function learn(): void {
    follow();
    const { file, lines } = opened;
    lines.learn();
    if (lines.fileBytes() !== lines.knownBytes()) files.truncate(file, lines.knownBytes());
  }

  function persist(): void {
    files.sync(opened.file);
    if (isNamed) return;
    const folder = dirname(path);
    files.syncFolder(folder);
    // Whoever made the folder may have been killed before its name was synced.
    files.syncFolder(dirname(folder));
    isNamed = true;
  }

  return {
    get lines() {
      return opened.lines;
    },
    settle() {
      learn();
      // Whoever appended last may have been killed before it was synced. What is held counts as paid from here on.
      if (opened.lines.knownBytes() > 0) persist();
    },
    append(offered) {
      learn();
      const { file, lines } = opened;
      const taken = new Map<string, NewLine>();
      for (const line of offered) {
        const earlier = taken.get(line.key);
        const isWorthIt = earlier === undefined ? lines.improves(line) : earlier.isRecovered && !line.isRecovered;
        if (isWorthIt) taken.set(line.key, line);
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

/** Whether an open file is the one that has this name. */
function isAt(file: number, path: string): boolean {
  const own = fstatSync(file, { bigint: true });
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  return named !== undefined && named.ino === own.ino && named.dev === own.dev;
}
