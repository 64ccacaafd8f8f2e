import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackers } from './unpackers.ts';

async function* blocksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpacked(kind: 'gzip' | 'zstd', bytes: Uint8Array, size: number): Promise<string> {
  const unpack = unpackers[kind];
  if (unpack === undefined) throw new Error(`This Node has no ${kind}.`);
  const blocks: Uint8Array[] = [];
  for await (const block of unpack(blocksOf(bytes, size))) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

describe.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const)('the unpacker of %s', (kind, pack) => {
  const first = pack('a'.repeat(1000));
  const both = Buffer.concat([first, pack('b'.repeat(10))]);

  it.each([1, 7, 1000])('reads all members, in blocks of %i', async (size) => {
    expect(await unpacked(kind, first, size)).toBe('a'.repeat(1000));
    expect(await unpacked(kind, both, size)).toBe('a'.repeat(1000) + 'b'.repeat(10));
    expect(await unpacked(kind, pack(''), size)).toBe('');
  });

  it.each([1, 1000])('fails for what is cut, damaged or followed by anything, in blocks of %i', async (size) => {
    const damaged = Uint8Array.from(first, (byte, at) => (at === first.length - 6 ? byte ^ 0xff : byte));
    for (const bytes of [
      first.subarray(0, -3),
      both.subarray(0, -3),
      damaged,
      Buffer.concat([first, Buffer.from('garbage')]),
      Buffer.concat([first, Buffer.alloc(7)]),
    ])
      await expect(unpacked(kind, bytes, size)).rejects.toThrow();
  });

  it('passes on what its source fails with, and leaves a source that nobody reads to its end', async () => {
    const fault = new Error('gone');
    let closed = false;
    async function* source(fails: boolean): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield both;
          if (fails) throw fault;
        }
      } finally {
        closed = true;
      }
    }
    const unpack = unpackers[kind] as NonNullable<(typeof unpackers)['zstd']>;
    await expect(
      (async () => {
        for await (const _ of unpack(source(true)));
      })(),
    ).rejects.toBe(fault);
    closed = false;
    for await (const _ of unpack(source(false))) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(true);
  });
});
