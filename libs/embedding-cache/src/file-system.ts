import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What changes files on disk, call by call. Tests put another one in its place: one that dies at a chosen call, or one
 * that loses what was not synced. Reading goes past it.
 */
export interface FileSystem {
  /** Makes a folder and those above it, where they are missing. */
  makeFolder(path: string): void;
  /** Opens a file for writing, made where it is missing: `a` at its end, `w` emptied. Gives its descriptor. */
  open(path: string, flags: 'a' | 'w'): number;
  /** Writes all of the bytes. */
  write(file: number, bytes: Uint8Array): void;
  /** Returns when what was written is on disk. */
  sync(file: number): void;
  /** Returns when the names of a folder's files are on disk: a new file is there for good only then. */
  syncFolder(path: string): void;
  /** Cuts a file to its first `bytes` bytes. */
  truncate(file: number, bytes: number): void;
  close(file: number): void;
  /** Gives a file another name, in place of the one that had it. */
  rename(from: string, to: string): void;
  /** Deletes a file, or a folder with all that is in it, if it is there. */
  remove(path: string): void;
}

/** Only its owner reads what a corpus holds and what was paid for. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The system's own calls. Synchronous: most end in the page cache, where waiting for a thread costs ten times the call. */
export const SYSTEM_CALLS: FileSystem = {
  makeFolder,
  open: (path, flags) => openSync(path, flags, FILE_MODE),
  write(file, bytes) {
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
  },
  sync: (file) => fdatasyncSync(file),
  syncFolder(path) {
    // Windows opens no folder, and keeps names by itself.
    if (process.platform === 'win32') return;
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
  truncate: (file, bytes) => ftruncateSync(file, bytes),
  close: (file) => closeSync(file),
  rename: (from, to) => renameSync(from, to),
  remove,
};

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    // Of a read-only file system it says that the folder is missing (Node 26); the nearest one above says more.
    let above = dirname(path);
    while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
    accessSync(above, constants.W_OK);
    throw error;
  }
}

/** Call by call, since `rmSync` gives no code for most of what the system says (Node 26), a read-only file system among it. */
function remove(path: string): void {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) {
      for (const name of readdirSync(path)) remove(join(path, name));
      rmdirSync(path);
    } else if (stats !== undefined) unlinkSync(path);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
