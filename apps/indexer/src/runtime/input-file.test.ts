import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IndexingError } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { assertRegularFile, withInputFile } from './input-file.ts';

const onWindows = process.platform === 'win32';
const asRoot = process.getuid?.() === 0;
const NEVER = new AbortController().signal;

/** More than two blocks. */
const TEXT = 'All visible objects, man, are but as pasteboard masks.\n'.repeat(12_000);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-input-'));
  path = join(folder, 'chunks.jsonl');
  writeFileSync(path, TEXT);
  // Long ago, so that any write gives another time, however soon it comes.
  utimesSync(path, 1_000_000, 1_000_000);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Reads the input, and does something to it when the first block has come. */
function readWith(meddle: () => void, signal: AbortSignal = NEVER): Promise<string> {
  return withInputFile(path, signal, async (bytes) => {
    const blocks: Uint8Array[] = [];
    for await (const block of bytes) {
      blocks.push(block);
      if (blocks.length === 1) meddle();
    }
    return Buffer.concat(blocks).toString();
  });
}

const read = (): Promise<string> => readWith(() => {});

describe('withInputFile gives', () => {
  it('all bytes of a file, and closes it', async () => {
    expect(await read()).toBe(TEXT);
    await failureOf(readWith(() => appendFileSync(path, 'more')));
    if (process.platform === 'linux') expect(openFiles()).not.toContain(path);
  });

  it('nothing of an empty file', async () => {
    writeFileSync(path, '');
    expect(await read()).toBe('');
  });

  it('what a link points to', async () => {
    const target = path;
    path = join(folder, 'link');
    symlinkSync(target, path);
    expect(await read()).toBe(TEXT);
  });

  it('the version that it opened, whole, where another is renamed over it', async () => {
    const next = join(folder, 'next');
    writeFileSync(next, 'another version');
    expect(await readWith(() => renameSync(next, path))).toBe(TEXT);
    expect(await read()).toBe('another version');
  });
});

describe('withInputFile fails with input-changed where the file', () => {
  it.each<[string, () => void]>([
    ['is appended to', () => appendFileSync(path, '{}\n')],
    ['is cut', () => truncateSync(path, TEXT.length - 1)],
    ['is emptied', () => truncateSync(path, 0)],
    ['is written anew with as many bytes', () => writeFileSync(path, TEXT.toUpperCase())],
    ['is written anew with the same bytes', () => writeFileSync(path, TEXT)],
  ])('%s', async (_what, meddle) => {
    expect(await failureOf(readWith(meddle))).toMatchObject({
      code: 'input-changed',
      message: expect.stringContaining(path),
    });
  });

  it('grows faster than it is read', async () => {
    let blocks = 0;
    const endless = withInputFile(path, NEVER, async (bytes) => {
      for await (const block of bytes) {
        blocks += 1;
        if (blocks < 100) appendFileSync(path, block);
      }
    });
    expect(await failureOf(endless)).toMatchObject({ code: 'input-changed' });
    expect(blocks).toBeLessThan(5);
  });

  it('changed before something else failed, which the mixture may have caused', async () => {
    const failing = (meddle: () => void) =>
      withInputFile(path, NEVER, async (bytes) => {
        for await (const _ of bytes) {
          meddle();
          throw new IndexingError({ code: 'input-malformed', message: 'Line 7: not JSON.' });
        }
      });
    expect(await failureOf(failing(() => {}))).toMatchObject({ code: 'input-malformed' });
    expect(await failureOf(failing(() => appendFileSync(path, '{}')))).toMatchObject({ code: 'input-changed' });
  });
});

describe('withInputFile fails', () => {
  it('with what stopped it, between two blocks', async () => {
    const stop = new AbortController();
    const meddle = () => {
      appendFileSync(path, '{}');
      stop.abort(new IndexingError({ code: 'aborted', message: 'Stopped.' }));
    };
    expect(await failureOf(readWith(meddle, stop.signal))).toMatchObject({ code: 'aborted' });
  });

  it('with input-missing where there is nothing, or links that lead in a circle', async () => {
    path = join(folder, 'circle');
    symlinkSync('circle', path);
    expect(await failureOf(read())).toMatchObject({ code: 'input-missing', message: expect.stringContaining('ELOOP') });
    path = join(folder, 'none');
    expect(await failureOf(read())).toMatchObject({ code: 'input-missing' });
  });

  it.skipIf(onWindows || asRoot)('with input-missing where it may not be read', async () => {
    chmodSync(path, 0o000);
    expect(await failureOf(read())).toMatchObject({
      code: 'input-missing',
      message: expect.stringContaining('EACCES'),
    });
  });

  it.skipIf(onWindows)('with input-not-a-file for anything else, and never waits for it', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    for (const [odd, kind] of [
      [pipe, 'a pipe'],
      [socket, 'a socket'],
      [folder, 'a folder'],
      ['/dev/zero', 'a device'],
    ] as const) {
      path = odd;
      const failure = { code: 'input-not-a-file', message: expect.stringContaining(kind) as string };
      expect(await failureOf(read())).toMatchObject(failure);
      expect(() => assertRegularFile(odd)).toThrow(expect.objectContaining(failure));
    }
    server.close();
  });
});

/** Paths of the files that this process has open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
}
