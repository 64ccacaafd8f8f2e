import { createHash, type Hash } from 'node:crypto';
import { constants, statSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { IndexingError } from '@lockstep/model';
import { inputDigestOf, type InputFile, type RandomAccess } from '@lockstep/pipeline';
import { unpackers } from '@lockstep/unpackers';
import { printable } from '../terminal/printable.ts';

/** Bytes of one block. */
const BLOCK_BYTES = 256 * 1024;

/**
 * So that opening a pipe without a writer does not wait; for a regular file it changes nothing. Windows has no such
 * flag.
 */
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** Tells one version of a file from another. */
interface Version {
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Calls `read` with the bytes of a file as a stream, with the SHA-256, in hex, of those that were read so far, and with
 * access to parts of it in any order. The stream ends only if all bytes are of one version of the file.
 *
 * Fails with `input-missing` if the file cannot be opened, with `input-not-a-file` if it is no regular file, and with
 * `input-changed` if it was written to while it was read, even if `read` failed with another error. If another file is
 * renamed over it, the version that was opened is read to its end.
 */
export async function withInputFile<Result>(
  path: string,
  signal: AbortSignal,
  read: (bytes: AsyncIterable<Uint8Array>, digest: () => string, access: RandomAccess) => Promise<Result>,
): Promise<Result> {
  return withInputFiles([{ path, name: path }], signal, async (files) => {
    for await (const { bytes, digest, access } of files) return await read(bytes, digest, access);
    throw new IndexingError({ code: 'invariant', message: 'An input of one file has none.' });
  });
}

/** A file of an input that is open: with the SHA-256, in hex, of the bytes that were read so far. */
export interface OpenedFile extends InputFile {
  readonly digest: () => string;
  readonly access: RandomAccess;
}

/** A file of an input on this disk, and what messages call it. */
export interface LocalFile {
  readonly path: string;
  /** What messages call it; its ending counts where the bytes leave a doubt. */
  readonly name: string;
}

/**
 * Calls `read` with the files of an input in their order. Each is opened when it is asked for, and closed when the next one
 * is. Fails as `withInputFile` does.
 */
export async function withInputFiles<Result>(
  files: readonly LocalFile[],
  signal: AbortSignal,
  read: (files: AsyncIterable<OpenedFile>) => Promise<Result>,
): Promise<Result> {
  let changedFile: string | undefined;
  async function* opened(): AsyncGenerator<OpenedFile> {
    for (const { path, name } of files) {
      const input = await openVersion({ path, signal, newBlock: () => new Uint8Array(BLOCK_BYTES) });
      try {
        const { bytes, digest, access } = input;
        yield { name, file: files.length > 1 ? printable(name) : undefined, bytes, digest, access, unpackers };
      } finally {
        if (await input.isChanged()) changedFile ??= path;
        await input.close();
      }
    }
  }
  try {
    return await read(opened());
  } catch (error) {
    if (!signal.aborted && changedFile !== undefined) throw changed(changedFile);
    throw error;
  }
}

/** `inputDigestOf` files. Fails as `withInputFile` does. */
export async function inputFilesDigest(files: readonly LocalFile[], signal: AbortSignal): Promise<string> {
  const block = new Uint8Array(BLOCK_BYTES);
  const digests: string[] = [];
  for (const { path } of files) {
    const { bytes, digest, close } = await openVersion({ path, signal, newBlock: () => block });
    try {
      const blocks = bytes[Symbol.asyncIterator]();
      while ((await blocks.next()).done !== true);
      digests.push(digest());
    } finally {
      await close();
    }
  }
  return inputDigestOf(digests);
}

interface BlockOptions {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Returns the buffer for the next block: always the same one if the blocks are not used afterwards. */
  readonly newBlock: () => Uint8Array;
}

/** A version of a file that is open. */
interface OpenVersion {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly digest: () => string;
  readonly access: RandomAccess;
  /** Whether the file was written to since it was opened. */
  isChanged(): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens the version of a file that is there now. */
async function openVersion(options: BlockOptions): Promise<OpenVersion> {
  const { path, signal } = options;
  const file = await openInput(path);
  try {
    const version = await versionOf(file, path);
    const hash = createHash('sha256');
    return {
      bytes: blocksOf(file, { ...options, version, hash }),
      digest: () => hash.copy().digest('hex'),
      access: { size: version.size, slice: partsOf(file, signal) },
      isChanged: async () => isOther(version, await file.stat()),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function partsOf(file: FileHandle, signal: AbortSignal): RandomAccess['slice'] {
  return async (from, to) => {
    const part = new Uint8Array(Math.max(0, to - from));
    let bytes = 0;
    while (bytes < part.length) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(part, bytes, part.length - bytes, from + bytes);
      if (bytesRead === 0) break;
      bytes += bytesRead;
    }
    return part.subarray(0, bytes);
  };
}

async function* blocksOf(
  file: FileHandle,
  { path, signal, newBlock, version, hash }: BlockOptions & { readonly version: Version; readonly hash: Hash },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const block = newBlock();
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, null);
    if (bytesRead === 0) break;
    bytes += bytesRead;
    // Otherwise a file that grows as fast as it is read would never end.
    if (bytes > version.size) throw changed(path);
    const part = block.subarray(0, bytesRead);
    hash.update(part);
    yield part;
  }
  if (bytes !== version.size || isOther(version, await file.stat())) throw changed(path);
}

async function openInput(path: string): Promise<FileHandle> {
  try {
    return await open(path, READ_WITHOUT_WAITING);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    // The error of opening a socket.
    if (code === 'ENXIO') throw notAFile(path, 'a socket');
    throw new IndexingError({ code: 'input-missing', message: `${printable(path)} cannot be read (${code}).` });
  }
}

async function versionOf(file: FileHandle, path: string): Promise<Version> {
  const stats = await file.stat();
  if (!stats.isFile()) throw notAFile(path, kindOf(stats));
  return stats;
}

/** Fails with `input-not-a-file` if the path, which must exist, is no regular file. Does not open it. */
export function assertRegularFile(path: string): void {
  const stats = statSync(path);
  if (!stats.isFile()) throw notAFile(path, kindOf(stats));
}

function kindOf(stats: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function notAFile(path: string, kind: string): IndexingError {
  return new IndexingError({
    code: 'input-not-a-file',
    message: `Expected a regular file as the input, found ${kind}: ${printable(path)}.`,
  });
}

function isOther(before: Version, now: Version): boolean {
  return now.size !== before.size || now.mtimeMs !== before.mtimeMs;
}

function changed(path: string): IndexingError {
  return new IndexingError({
    code: 'input-changed',
    message: `Another program wrote to the input while it was read: ${printable(path)}. Nothing of it was used.`,
  });
}
