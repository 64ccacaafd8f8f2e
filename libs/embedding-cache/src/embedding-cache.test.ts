import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireFileLock } from '@lockstep/file-lock';
import { sha256Hex, type CacheEntry, type EmbeddingReader } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { encodeLine, lineBytes } from './cache-line.ts';
import { openEmbeddingCache } from './embedding-cache.ts';
import { openEmbeddingSlice } from './embedding-slice.ts';

const DIMENSIONS = 5;
const WIDTH = lineBytes(DIMENSIONS);

let folder: string;
let path: string;
let slicePath: string;
let opened: { close(): Promise<void> }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-cache-'));
  path = join(folder, 'cache', 'model.jsonl');
  slicePath = join(folder, 'books', 'embed', 'slice.jsonl');
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((each) => each.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function open(dimensions = DIMENSIONS) {
  const cache = await openEmbeddingCache({ path, slicePath, dimensions, lockWaitMs: 5_000 });
  opened.push(cache);
  return cache;
}

const keyOf = (number: number): string => sha256Hex(`key ${number}`);
const vectorOf = (number: number): Float32Array =>
  Float32Array.from([number, -number / 3, 1e-40, 3.4e38, number === 0 ? -0 : 1 / number]);
const entries = (...numbers: number[]): CacheEntry[] =>
  numbers.map((number) => ({ key: keyOf(number), vector: vectorOf(number) }));
/** The vectors that a store returns for the same keys. */
const recoveredOf = (number: number): Float32Array => Float32Array.from([number, 0.5, 0.25, 0, 0]);
const recovered = (...numbers: number[]): CacheEntry[] =>
  numbers.map((number) => ({ key: keyOf(number), vector: recoveredOf(number), isRecovered: true }));
const lines = (file = path): string[] => readFileSync(file, 'latin1').split('\n').slice(0, -1);

async function* sortedKeys(...numbers: number[]): AsyncGenerator<string> {
  yield* numbers.map(keyOf).toSorted();
}

async function sliceVectors(...numbers: number[]) {
  const slice = openEmbeddingSlice({ path: slicePath, dimensions: DIMENSIONS });
  try {
    return await slice.vectors(numbers.map(keyOf));
  } finally {
    await slice.close();
  }
}

/** The kind of the vector that a reader has for each key, after a check of the vector itself; undefined for none. */
async function kinds(reader: EmbeddingReader, ...numbers: number[]) {
  const keys = numbers.map(keyOf);
  const vectors = await reader.vectors(keys);
  const marks = await reader.areRecovered(keys);
  return numbers.map((number, at) => {
    const isRecovered = marks[at] as boolean;
    if (vectors[at] === undefined && !isRecovered) return undefined;
    expect(vectors[at]).toEqual(isRecovered ? recoveredOf(number) : vectorOf(number));
    return isRecovered ? 'recovered' : 'paid';
  });
}

async function sliceKinds(...numbers: number[]) {
  const slice = openEmbeddingSlice({ path: slicePath, dimensions: DIMENSIONS });
  try {
    return await kinds(slice, ...numbers);
  } finally {
    await slice.close();
  }
}

describe('caches', () => {
  it('appended vectors are read back bit for bit when the cache is opened again', async () => {
    const first = await open();
    expect(first.has(keyOf(1))).toBe(false);
    await first.append(entries(0, 1));
    await first.append(entries(2));
    expect([0, 1, 2, 3].map((number) => first.has(keyOf(number)))).toEqual([true, true, true, false]);
    const second = await open();
    expect([0, 1, 2, 3].map((number) => second.has(keyOf(number)))).toEqual([true, true, true, false]);
    expect(await second.writeSlice(sortedKeys(0, 1, 2))).toBe(3);
    expect(await sliceVectors(2, 0, 1)).toEqual([vectorOf(2), vectorOf(0), vectorOf(1)]);
  });

  it('each vector is a JSON line of the same length', async () => {
    const cache = await open();
    await cache.append(entries(1, 2));
    expect(statSync(path).size).toBe(2 * WIDTH);
    const [line] = lines();
    const parsed = JSON.parse(line ?? '') as { key: string; vector: string; crc32: string };
    expect(parsed).toEqual({
      key: keyOf(1),
      vector: expect.any(String),
      crc32: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect(new Float32Array(new Uint8Array(Buffer.from(parsed.vector, 'base64')).buffer)).toEqual(vectorOf(1));
  });

  it.runIf(process.platform !== 'win32')('only the owner of the cache may read it', async () => {
    await (await open()).append(entries(1));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('an incomplete last line of any length is cut off, and appends work afterwards', async () => {
    await (await open()).append(entries(1, 2, 3));
    const whole = readFileSync(path);
    for (let torn = 1; torn < WIDTH; torn += 13) {
      writeFileSync(path, whole.subarray(0, 2 * WIDTH + torn));
      const cache = await open();
      expect([1, 2, 3].map((number) => cache.has(keyOf(number)))).toEqual([true, true, false]);
      expect(statSync(path).size).toBe(2 * WIDTH);
      await cache.append(entries(3));
      expect(readFileSync(path)).toEqual(whole);
      await cache.close();
      opened = opened.filter((each) => each !== cache);
    }
  });

  it('an append first cuts off the incomplete line of a writer that died meanwhile', async () => {
    const cache = await open();
    await cache.append(entries(1));
    appendFileSync(path, '{"key":"torn');
    await cache.append(entries(2));
    expect(statSync(path).size).toBe(2 * WIDTH);
    const next = await open();
    expect([next.has(keyOf(1)), next.has(keyOf(2))]).toEqual([true, true]);
  });

  it.each([
    ['in a key', 12],
    ['in a vector', 100],
    ['in a checksum', WIDTH - 5],
    ['at the end of a line', WIDTH - 1],
  ])(
    'a cache with damage %s before its last line fails to open, and the error names the line',
    async (_where, offset) => {
      await (await open()).append(entries(1, 2, 3));
      const bytes = readFileSync(path);
      bytes[WIDTH + offset] = (bytes[WIDTH + offset] as number) ^ 1;
      writeFileSync(path, bytes);
      const failure = await failureOf(open());
      expect(failure).toMatchObject({ code: 'cache-damaged', disposition: 'abort', details: { line: 2 } });
      expect(failure.message).toMatch(/\b2\b.*model\.jsonl/);
      expect(readFileSync(path)).toEqual(bytes);
      // The lock was released.
      expect(await failureOf(open())).toMatchObject({ code: 'cache-damaged' });
    },
  );

  it('a cache of vectors of another size fails to open', async () => {
    await (await open()).append(entries(1, 2));
    const size = statSync(path).size;
    expect(await failureOf(open(DIMENSIONS - 2))).toMatchObject({ code: 'cache-damaged', details: { line: 1 } });
    expect(statSync(path).size).toBe(size);
  });

  it('an append with a vector of another size fails, and writes nothing of its batch', async () => {
    const cache = await open();
    const bad = [...entries(1), { key: keyOf(2), vector: new Float32Array(DIMENSIONS + 1) }];
    await expect(async () => cache.append(bad)).rejects.toThrow('another size');
    expect(statSync(path).size).toBe(0);
    await cache.append(entries(1));
    expect(lines()).toHaveLength(1);
  });

  it('several open caches append to one file, and each finds what the others appended', async () => {
    const caches = [await open(), await open(), await open()] as const;
    const numbers = Array.from({ length: 30 }, (_, number) => number);
    await Promise.all(numbers.map((number) => caches[(number % 3) as 0 | 1 | 2].append(entries(number))));
    expect(lines()).toHaveLength(30);
    for (const [at, cache] of caches.entries()) {
      await cache.append(entries(100 + at));
      expect(numbers.every((number) => cache.has(keyOf(number)))).toBe(true);
      // The index has the right line numbers, although others wrote in between.
      expect(await cache.writeSlice(sortedKeys(...numbers))).toBe(30);
      expect(await sliceVectors(...numbers)).toEqual(numbers.map(vectorOf));
    }
    expect(new Set(lines().map((line) => (JSON.parse(line) as { key: string }).key)).size).toBe(33);
  });

  it('an append that was aborted while it waited for the lock is still written when it gets the lock', async () => {
    const stop = new AbortController();
    const signal = stop.signal;
    const cache = await openEmbeddingCache({ path, slicePath, dimensions: DIMENSIONS, lockWaitMs: 5_000, signal });
    const lock = await acquireFileLock({ path: `${path}.lock`, waitMs: 5_000 });
    const appended = cache.append(entries(1));
    stop.abort(new Error('stopped'));
    lock.release();
    await appended;
    await cache.close();
    expect((await open()).has(keyOf(1))).toBe(true);
  });

  it('a cache whose lock another holder keeps fails to open with lock-timeout', async () => {
    await (await open()).append(entries(1));
    const lock = await acquireFileLock({ path: `${path}.lock`, waitMs: 5_000, purpose: 'a test' });
    try {
      const waiting = openEmbeddingCache({ path, slicePath, dimensions: DIMENSIONS, lockWaitMs: 10 });
      expect(await failureOf(waiting)).toMatchObject({ code: 'lock-timeout', disposition: 'abort' });
    } finally {
      await lock.release();
    }
    expect((await open()).has(keyOf(1))).toBe(true);
  });
});

describe('reads of a cache', () => {
  it('vectors are read bit for bit in the order of the keys, with undefined for unknown keys', async () => {
    const cache = await open();
    expect(await cache.vectors([keyOf(1)])).toEqual([undefined]);
    await cache.append(entries(0, 1, 2));
    expect(await cache.vectors([2, 9, 0, 2].map(keyOf))).toEqual([vectorOf(2), undefined, vectorOf(0), vectorOf(2)]);
    expect(await (await open()).vectors([keyOf(1)])).toEqual([vectorOf(1)]);
    expect(await cache.areRecovered([2, 9].map(keyOf))).toEqual([false, false]);
  });

  it('a cache finds its lines although others appended in between', async () => {
    const [first, second] = [await open(), await open()];
    await first.append(entries(1));
    await second.append(entries(2));
    await first.append(recovered(3));
    expect(await kinds(first, 1, 2, 3)).toEqual(['paid', 'paid', 'recovered']);
    expect(await kinds(second, 1, 2, 3)).toEqual(['paid', 'paid', undefined]);
  });

  it('a read fails at a line that was damaged after the cache was opened, and the error names the line', async () => {
    const cache = await open();
    await cache.append(entries(1, 2));
    const bytes = readFileSync(path);
    bytes[WIDTH + 100] = (bytes[WIDTH + 100] as number) ^ 1;
    writeFileSync(path, bytes);
    const damage = { code: 'cache-damaged', details: { line: 2 } };
    expect(await failureOf(cache.vectors([keyOf(1), keyOf(2)]))).toMatchObject(damage);
    expect(await failureOf(cache.areRecovered([keyOf(2)]))).toMatchObject(damage);
    expect(await kinds(cache, 1)).toEqual(['paid']);
  });
});

describe('recovered vectors', () => {
  it('a recovered vector keeps its mark in the cache, in its slice, and in a cache that adopts the slice', async () => {
    const first = await open();
    await first.append([...recovered(1), ...entries(2)]);
    const expected = ['recovered', 'paid', undefined];
    expect(await kinds(first, 1, 2, 3)).toEqual(expected);
    expect(await kinds(await open(), 1, 2, 3)).toEqual(expected);
    await first.writeSlice(sortedKeys(1, 2));
    expect(await sliceKinds(1, 2, 3)).toEqual(expected);
    path = join(folder, 'cache', 'elsewhere.jsonl');
    const other = await open();
    expect(await other.adoptSlice()).toBe(2);
    expect(await kinds(other, 1, 2, 3)).toEqual(expected);
    expect(statSync(path).size).toBe(2 * WIDTH);
    await other.append(entries(1));
    expect(await kinds(other, 1)).toEqual(['paid']);
  });

  it('a recovered vector has another name in its line, which is as long as any other', async () => {
    await (await open()).append(recovered(1));
    expect(statSync(path).size).toBe(WIDTH);
    expect(Object.keys(JSON.parse(lines()[0] ?? '') as object)).toEqual(['key', 'copied', 'crc32']);
  });

  it('a paid vector replaces a recovered one', async () => {
    const [cache, stale] = [await open(), await open()];
    await cache.append(recovered(1, 2));
    await cache.append(entries(1));
    expect(await kinds(cache, 1, 2)).toEqual(['paid', 'recovered']);
    await stale.append(entries(2));
    expect(await kinds(stale, 1, 2)).toEqual(['paid', 'paid']);
    expect(await kinds(await open(), 1, 2)).toEqual(['paid', 'paid']);
    await stale.writeSlice(sortedKeys(1, 2));
    expect(await sliceKinds(1, 2)).toEqual(['paid', 'paid']);
    expect(lines()).toHaveLength(4);
  });

  it('a recovered vector never replaces a paid one, even one that another cache appended meanwhile', async () => {
    const [cache, stale] = [await open(), await open()];
    await cache.append(entries(1));
    await cache.append(recovered(1));
    await stale.append(recovered(1));
    for (const each of [cache, stale, await open()]) expect(await kinds(each, 1)).toEqual(['paid']);
    expect(lines()).toHaveLength(1);
  });
});

describe('keys that are appended again', () => {
  it('a repeated key adds no line, and the rest of its batch is appended', async () => {
    const [cache, stale] = [await open(), await open()];
    await cache.append(entries(1, 2, 1));
    await cache.append([...recovered(3), ...recovered(3)]);
    await stale.append([...entries(1), ...recovered(3), ...entries(4)]);
    for (const each of [stale, await open()]) {
      expect(await kinds(each, 1, 2, 3, 4)).toEqual(['paid', 'paid', 'recovered', 'paid']);
    }
    expect(lines()).toHaveLength(4);
  });

  it.each([
    ['recovered, then paid', [...recovered(1), ...entries(1)]],
    ['paid, then recovered', [...entries(1), ...recovered(1)]],
  ])('a key that is twice in one batch counts as paid: %s', async (_order, batch) => {
    const cache = await open();
    await cache.append(batch);
    expect(await kinds(cache, 1)).toEqual(['paid']);
    expect(await kinds(await open(), 1)).toEqual(['paid']);
    expect(lines()).toHaveLength(1);
  });

  it('of several lines with one key, as in older files, the last is used, but a recovered one never hides a paid one', async () => {
    await (await open()).append([]);
    const other = { key: keyOf(1), vector: vectorOf(9) };
    writeFileSync(
      path,
      [other, ...entries(1), ...recovered(2), ...entries(2), ...recovered(1, 2)].map(encodeLine).join(''),
    );
    const cache = await open();
    expect(await kinds(cache, 1, 2)).toEqual(['paid', 'paid']);
    await cache.append(entries(3));
    expect(await kinds(cache, 1, 2, 3)).toEqual(['paid', 'paid', 'paid']);
  });
});

describe('adoption of slices', () => {
  it('an adopted slice adds the lines that the cache lacks, byte for byte', async () => {
    const before = await open();
    await before.append(entries(1, 2, 3, 4));
    await before.writeSlice(sortedKeys(1, 2, 3));
    const slice = readFileSync(slicePath);
    rmSync(path);
    const cache = await open();
    await cache.append(entries(2));
    expect(await cache.adoptSlice()).toBe(2);
    expect([1, 2, 3, 4].map((number) => cache.has(keyOf(number)))).toEqual([true, true, true, false]);
    expect(lines()).toHaveLength(3);
    expect(await cache.adoptSlice()).toBe(0);
    await cache.writeSlice(sortedKeys(1, 2, 3));
    expect(readFileSync(slicePath)).toEqual(slice);
    expect((await open()).has(keyOf(3))).toBe(true);
  });

  it('a paid vector of an adopted slice replaces a recovered one, and never the other way round', async () => {
    const before = await open();
    await before.append([...entries(1), ...recovered(2, 3)]);
    await before.writeSlice(sortedKeys(1, 2, 3));
    path = join(folder, 'cache', 'elsewhere.jsonl');
    const cache = await open();
    await cache.append([...recovered(1, 3), ...entries(2)]);
    expect(await cache.adoptSlice()).toBe(1);
    expect(await kinds(cache, 1, 2, 3)).toEqual(['paid', 'paid', 'recovered']);
    expect(lines()).toHaveLength(4);
    expect(await cache.adoptSlice()).toBe(0);
  });

  it('adoption skips damaged lines, an incomplete last line, and a slice that does not exist', async () => {
    const before = await open();
    expect(await before.adoptSlice()).toBe(0);
    await before.append(entries(1, 2, 3));
    await before.writeSlice(sortedKeys(1, 2, 3));
    const bytes = readFileSync(slicePath);
    bytes[100] = (bytes[100] as number) ^ 1;
    writeFileSync(slicePath, bytes);
    truncateSync(slicePath, 3 * WIDTH - 1);
    rmSync(path);
    expect(await (await open()).adoptSlice()).toBe(1);
  });

  it('adoption skips a slice of vectors of another size', async () => {
    const before = await open();
    await before.append(entries(1, 2));
    await before.writeSlice(sortedKeys(1, 2));
    path = join(folder, 'cache', 'other.jsonl');
    expect(await (await open(DIMENSIONS + 3)).adoptSlice()).toBe(0);
  });
});

describe('writes of slices', () => {
  it('a new slice with the given keys replaces the one before', async () => {
    const cache = await open();
    await cache.append(entries(1, 2, 3));
    expect(await cache.writeSlice(sortedKeys(1, 2, 3))).toBe(3);
    expect(await cache.writeSlice(sortedKeys(2))).toBe(1);
    expect(await sliceVectors(1, 2)).toEqual([undefined, vectorOf(2)]);
    expect(await cache.writeSlice(sortedKeys())).toBe(0);
    expect(await sliceVectors(2)).toEqual([undefined]);
    expect(existsSync(`${slicePath}.tmp`)).toBe(false);
  });

  it('the slice before stays when a new one needs a key that the cache does not have', async () => {
    const cache = await open();
    await cache.append(entries(1));
    await cache.writeSlice(sortedKeys(1));
    expect(await failureOf(cache.writeSlice(sortedKeys(1, 2)))).toMatchObject({ code: 'invariant' });
    expect(await sliceVectors(1)).toEqual([vectorOf(1)]);
  });
});
