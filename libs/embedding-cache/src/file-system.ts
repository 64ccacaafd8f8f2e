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
 * The calls that change files on disk. Tests replace them: by calls that fail from a chosen one on, or that lose what
 * was not synced. Reads do not use it.
 */
export interface FileSystem {
  /** Makes a folder and those above it if they are missing. */
  makeFolder(path: string): void;
  /** Opens or creates a file for writing: `a` at its end, `w` emptied. Returns its descriptor. */
  open(path: string, flags: 'a' | 'w'): number;
  /** Writes all of the bytes. */
  write(file: number, bytes: Uint8Array): void;
  /** Returns when what was written is on disk. */
  sync(file: number): void;
  /** Returns when the names of a folder's files are on disk: before that a power cut may remove a new file. */
  syncFolder(path: string): void;
  /** Cuts a file to its first `bytes` bytes. */
  truncate(file: number, bytes: number): void;
  close(file: number): void;
  /** Renames a file, replacing one that has the name. */
  rename(from: string, to: string): void;
  /** Deletes a file, or a folder with everything in it, if it exists. */
  remove(path: string): void;
}

/** Only the owner may read the files: they have texts of a corpus and vectors that were paid for. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The calls of the system. Synchronous, since waiting for a thread takes ten times as long as most of them. */
export const SYSTEM_CALLS: FileSystem = {
  makeFolder,
  open: (path, flags) => openSync(path, flags, FILE_MODE),
  write(file, bytes) {
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
  },
  sync: (file) => fdatasyncSync(file),
  syncFolder(path) {
    // Windows cannot open a folder, and needs no sync of names.
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
    // On a read-only file system the error is that the folder is missing (Node 26); the nearest folder above has the
    // reason.
    let above = dirname(path);
    while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
    accessSync(above, constants.W_OK);
    throw error;
  }
}

/** Not by `rmSync`, which has no code in most of its errors (Node 26), such as that of a read-only file system. */
function remove(path: string): void {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) {
      for (const name of readdirSync(path)) remove(join(path, name));
      rmdirSync(path);
    } else if (stats !== undefined) unlinkSync(path);
  } catch (error) {
    // Another process has deleted it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
