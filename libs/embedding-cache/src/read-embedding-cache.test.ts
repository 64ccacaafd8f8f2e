import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireFileLock } from '@lockstep/file-lock';
import { sha256Hex, type CacheEntry } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { encodeLine, lineBytes } from './cache-line.ts';
import { openEmbeddingCache } from './embedding-cache.ts';
import { readEmbeddingCache, type EmbeddingCacheReader } from './read-embedding-cache.ts';

const DIMENSIONS = 3;
const WIDTH = lineBytes(DIMENSIONS);

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-reader-'));
  path = join(folder, 'model.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const keyOf = (number: number): string => sha256Hex(`key ${number}`);
const vectorOf = (number: number): Float32Array => Float32Array.from([number, -number / 3, 1e-40]);
const entry = (number: number, isRecovered = false): CacheEntry => ({
  key: keyOf(number),
  vector: vectorOf(number),
  isRecovered,
});
const textOf = (...entries: CacheEntry[]): string => entries.map(encodeLine).join('');

async function reading<Result>(work: (reader: EmbeddingCacheReader) => Promise<Result>): Promise<Result> {
  const reader = readEmbeddingCache({ path, dimensions: DIMENSIONS });
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

/** The answers of all reads of some keys. */
const answersFor = (...numbers: number[]) =>
  reading(async (reader) => {
    const keys = numbers.map(keyOf);
    return {
      has: keys.map((key) => reader.has(key)),
      vectors: await reader.vectors(keys),
      recovered: await reader.areRecovered(keys),
    };
  });

it('a reader of a missing file finds nothing, and creates neither file nor folder', async () => {
  const nothing = { has: [false], vectors: [undefined], recovered: [false] };
  expect(await answersFor(1)).toEqual(nothing);
  expect(readdirSync(folder)).toEqual([]);
  path = join(folder, 'cache', 'model.jsonl');
  expect(await answersFor(1)).toEqual(nothing);
  expect(existsSync(join(folder, 'cache'))).toBe(false);
  path = join(folder, 'empty.jsonl');
  writeFileSync(path, '');
  expect(await answersFor(1)).toEqual(nothing);
});

it('a reader returns vectors and marks in the order of the keys, and changes no file', async () => {
  writeFileSync(path, textOf(entry(1), entry(2, true), entry(3)));
  const before = statSync(path, { bigint: true });
  expect(await answersFor(3, 9, 2, 1)).toEqual({
    has: [true, false, true, true],
    vectors: [vectorOf(3), undefined, vectorOf(2), vectorOf(1)],
    recovered: [false, false, true, false],
  });
  expect(readdirSync(folder)).toEqual(['model.jsonl']);
  expect(statSync(path, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
});

it('a reader ignores an incomplete last line and leaves it in the file', async () => {
  const whole = Buffer.from(textOf(entry(1), entry(2)));
  for (let torn = 1; torn < WIDTH; torn += 11) {
    const bytes = whole.subarray(0, WIDTH + torn);
    writeFileSync(path, bytes);
    expect(await answersFor(1, 2)).toMatchObject({ has: [true, false], vectors: [vectorOf(1), undefined] });
    expect(readFileSync(path)).toEqual(bytes);
  }
});

it('a reader does not wait for the lock', async () => {
  writeFileSync(path, textOf(entry(1)));
  const lock = await acquireFileLock({ path: `${path}.lock`, waitMs: 5_000, purpose: 'a test' });
  try {
    expect(await answersFor(1)).toMatchObject({ has: [true] });
  } finally {
    await lock.release();
  }
});

it('a reader has the embeddings that were in the cache when it was opened', async () => {
  writeFileSync(path, textOf(entry(1, true)));
  await reading(async (reader) => {
    const cache = await openEmbeddingCache({
      path,
      slicePath: join(folder, 'slice.jsonl'),
      dimensions: DIMENSIONS,
      lockWaitMs: 5_000,
    });
    await cache.append([entry(1), entry(2)]);
    await cache.close();
    expect([reader.has(keyOf(1)), reader.has(keyOf(2))]).toEqual([true, false]);
    expect(await reader.areRecovered([keyOf(1)])).toEqual([true]);
  });
  expect(await answersFor(1, 2)).toMatchObject({ has: [true, true], recovered: [false, false] });
});

it('a reader of a damaged cache fails to open, and the error names the line', async () => {
  const bytes = Buffer.from(textOf(entry(1), entry(2), entry(3)));
  bytes[WIDTH + 90] = (bytes[WIDTH + 90] as number) ^ 1;
  writeFileSync(path, bytes);
  const opening = async (dimensions: number) => readEmbeddingCache({ path, dimensions });
  const failure = await failureOf(opening(DIMENSIONS));
  expect(failure).toMatchObject({ code: 'cache-damaged', details: { line: 2 } });
  expect(failure.message).toMatch(/\b2\b.*model\.jsonl/);
  expect(await failureOf(opening(DIMENSIONS + 3))).toMatchObject({
    code: 'cache-damaged',
    details: { line: 1 },
  });
});
