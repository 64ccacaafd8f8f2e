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

/** Reads the input, and calls `change` after the first block. */
function readWith(change: () => void, signal: AbortSignal = NEVER): Promise<string> {
  return withInputFile(path, signal, async (bytes) => {
    const blocks: Uint8Array[] = [];
    for await (const block of bytes) {
      blocks.push(block);
      if (blocks.length === 1) change();
    }
    return Buffer.concat(blocks).toString();
  });
}

const read = (): Promise<string> => readWith(() => {});

describe('reading an input file', () => {
  it('withInputFile gives parts of a file in any order, and no more than there is', async () => {
    const parts = await withInputFile(path, NEVER, async (bytes, _digest, { size, slice }) => {
      const found = [
        await slice(size - 5, size),
        await slice(4, 11),
        await slice(size - 2, size + 9),
        await slice(0, 0),
      ];
      for await (const _ of bytes);
      return found.map((part) => Buffer.from(part).toString());
    });
    expect(parts).toEqual([TEXT.slice(-5), TEXT.slice(4, 11), TEXT.slice(-2), '']);
  });

  it('withInputFile gives all bytes of a file, and closes the file even after a failure', async () => {
    expect(await read()).toBe(TEXT);
    await failureOf(readWith(() => appendFileSync(path, 'more')));
    if (process.platform === 'linux') expect(openFiles()).not.toContain(path);
  });

  it('withInputFile gives no bytes of an empty file', async () => {
    writeFileSync(path, '');
    expect(await read()).toBe('');
  });

  it('withInputFile gives the bytes of the file that a link points to', async () => {
    const target = path;
    path = join(folder, 'link');
    symlinkSync(target, path);
    expect(await read()).toBe(TEXT);
  });

  it('withInputFile gives the whole version that it opened when another file is renamed over it', async () => {
    const next = join(folder, 'next');
    writeFileSync(next, 'another version');
    expect(await readWith(() => renameSync(next, path))).toBe(TEXT);
    expect(await read()).toBe('another version');
  });
});

describe('an input file that changes', () => {
  it.each<[string, () => void]>([
    ['is appended to', () => appendFileSync(path, '{}\n')],
    ['is cut', () => truncateSync(path, TEXT.length - 1)],
    ['is emptied', () => truncateSync(path, 0)],
    ['is overwritten with other bytes of the same number', () => writeFileSync(path, TEXT.toUpperCase())],
    ['is overwritten with the same bytes', () => writeFileSync(path, TEXT)],
  ])('withInputFile fails with input-changed when the file %s', async (_what, change) => {
    expect(await failureOf(readWith(change))).toMatchObject({
      code: 'input-changed',
      message: expect.stringContaining(path),
    });
  });

  it('withInputFile fails with input-changed when the file grows faster than it is read, and stops reading', async () => {
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

  it('withInputFile fails with input-changed when the file changed before its content was found wrong', async () => {
    const failing = (change: () => void) =>
      withInputFile(path, NEVER, async (bytes) => {
        for await (const _ of bytes) {
          change();
          throw new IndexingError({ code: 'input-malformed', message: 'Line 7: not JSON.' });
        }
      });
    expect(await failureOf(failing(() => {}))).toMatchObject({ code: 'input-malformed' });
    expect(await failureOf(failing(() => appendFileSync(path, '{}')))).toMatchObject({ code: 'input-changed' });
  });
});

describe('an input file that cannot be read', () => {
  it('withInputFile fails with the reason of the signal when it is aborted between two blocks', async () => {
    const stop = new AbortController();
    const change = () => {
      appendFileSync(path, '{}');
      stop.abort(new IndexingError({ code: 'aborted', message: 'Stopped.' }));
    };
    expect(await failureOf(readWith(change, stop.signal))).toMatchObject({ code: 'aborted' });
  });

  it('withInputFile fails with input-missing when the path does not exist or is a circle of links', async () => {
    path = join(folder, 'circle');
    symlinkSync('circle', path);
    expect(await failureOf(read())).toMatchObject({ code: 'input-missing', message: expect.stringContaining('ELOOP') });
    path = join(folder, 'none');
    expect(await failureOf(read())).toMatchObject({ code: 'input-missing' });
  });

  it.skipIf(onWindows || asRoot)('withInputFile fails with input-missing when the file may not be read', async () => {
    chmodSync(path, 0o000);
    expect(await failureOf(read())).toMatchObject({
      code: 'input-missing',
      message: expect.stringContaining('EACCES'),
    });
  });

  it.skipIf(onWindows)(
    'withInputFile fails with input-not-a-file, without waiting, for a pipe, a socket, a folder and a device',
    async () => {
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
    },
  );
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
