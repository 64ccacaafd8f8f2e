import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEmbeddingCache } from '@lockstep/embedding-cache';
import { sha256Hex } from '@lockstep/model';
import type { EmbedReceipt } from '@lockstep/pipeline';
import { openKnownEmbeddings } from './known-embeddings.ts';

const DIMENSIONS = 2;
const [SLICED, CACHED, UNKNOWN] = ['a', 'b', 'c'].map((text) => sha256Hex(text)) as [string, string, string];

/** The fields of the receipt of `embed` that matter here. */
const EMBEDDED = { digest: 'wanted', texts: 1, left: 0, refused: 0 } as EmbedReceipt;

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-known-'));
  const cache = await openEmbeddingCache({ ...paths(), path: paths().cachePath, lockWaitMs: 0 });
  await cache.append([SLICED, CACHED].map((key) => ({ key, vector: Float32Array.of(1, 0) })));
  await cache.writeSlice(only(SLICED));
  await cache.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const paths = () => ({
  cachePath: join(folder, 'cache', 'model.jsonl'),
  slicePath: join(folder, 'slice.jsonl'),
  dimensions: DIMENSIONS,
});

async function* only(key: string): AsyncGenerator<string> {
  yield key;
}

async function known(embedded: EmbedReceipt | undefined = EMBEDDED) {
  const opened = openKnownEmbeddings({ ...paths(), embedded });
  const found = { all: opened.hasAllOf('wanted'), has: [SLICED, CACHED, UNKNOWN].map((key) => opened.has(key)) };
  await opened.close();
  return found;
}

it('known embeddings are those of slice and cache, and complete when the slice was written for these chunks', async () => {
  expect(await known()).toEqual({ all: true, has: [true, true, false] });
});

it('known embeddings of a slice stay known when the cache file is gone', async () => {
  rmSync(paths().cachePath);
  expect(await known()).toEqual({ all: true, has: [true, false, false] });
});

it.each<[string, EmbedReceipt | undefined]>([
  ['for other chunks', { ...EMBEDDED, digest: 'other' }],
  ['without some that were not paid for', { ...EMBEDDED, left: 1 }],
  ['without some that were refused', { ...EMBEDDED, refused: 1 }],
  ['with more lines', { ...EMBEDDED, texts: 2 }],
])('known embeddings are not complete when the slice was written %s', async (_what, embedded) => {
  expect(await known(embedded)).toEqual({ all: false, has: [true, true, false] });
});

it('known embeddings are those of the cache when the slice is missing or cut', async () => {
  truncateSync(paths().slicePath, 10);
  expect(await known()).toEqual({ all: false, has: [true, true, false] });
  rmSync(paths().slicePath);
  expect(await known()).toEqual({ all: false, has: [true, true, false] });
});
