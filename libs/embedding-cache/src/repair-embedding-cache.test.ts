import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256Hex } from '@lockstep/model';
import { failureOf } from '@lockstep/testing';
import { encodeLine } from './cache-line.ts';
import { openEmbeddingCache } from './embedding-cache.ts';
import { repairEmbeddingCache } from './repair-embedding-cache.ts';

const DIMENSIONS = 4;
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-repair-'));
  path = join(folder, 'model.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keyOf = (number: number): string => sha256Hex(String(number));
const entryOf = (number: number) => ({ key: keyOf(number), vector: Float32Array.from([number, 1, 2, 3]) });
const lineOf = (number: number): string => encodeLine(entryOf(number));
const repair = () => repairEmbeddingCache({ path, dimensions: DIMENSIONS, lockWaitMs: 1_000 });
const open = () =>
  openEmbeddingCache({ path, slicePath: join(folder, 'slice'), dimensions: DIMENSIONS, lockWaitMs: 1_000 });

it.each([
  ['a byte that has changed', (line: string) => line.replace('"vector"', '"vectur"'), 1],
  ['bytes that are missing', (line: string) => line.slice(0, 40) + line.slice(60), 1],
  ['bytes that came in', (line: string) => `${line.slice(0, 40)}xxxx${line.slice(40)}`, 1],
  ['a line feed in the middle', (line: string) => `${line.slice(0, 40)}\n${line.slice(41)}`, 2],
  ['a line that became zeros', (line: string) => '\0'.repeat(line.length), 1],
  ['megabytes of rubbish', () => `${'x'.repeat(3_000_000)}\n`, undefined],
])('sets %s aside, and keeps all other lines', async (_, damage, pieces) => {
  const sound = [1, 2, 3, 4, 5].map(lineOf);
  writeFileSync(path, [...sound.slice(0, 2), damage(lineOf(9)), ...sound.slice(2)].join(''));
  expect(await failureOf(open())).toMatchObject({ code: 'cache-damaged', details: { line: 3 } });
  const { sound: kept, damaged, setAside } = await repair();
  // Zeros have no line feed of their own, and take the line after them along.
  const lost = _.includes('zeros') ? 1 : 0;
  expect(kept).toBe(5 - lost);
  if (pieces !== undefined) expect(damaged).toBe(pieces);
  expect(readFileSync(setAside ?? '', 'latin1').length).toBeGreaterThan(0);
  const cache = await open();
  for (const number of lost === 0 ? [1, 2, 3, 4, 5] : [1, 2, 4, 5]) {
    expect(cache.has(keyOf(number))).toBe(true);
  }
  expect(cache.has(keyOf(9))).toBe(false);
  await cache.close();
  expect(await repair()).toEqual({ sound: kept, damaged: 0, setAside: null });
});

it('leaves a sound cache, and one that is not there, as they are', async () => {
  expect(await repair()).toEqual({ sound: 0, damaged: 0, setAside: null });
  writeFileSync(path, [1, 2].map(lineOf).join(''));
  expect(await repair()).toEqual({ sound: 2, damaged: 0, setAside: null });
  expect(readFileSync(path, 'latin1')).toBe([1, 2].map(lineOf).join(''));
  expect(readdirSync(folder).filter((name) => /repaired|damaged/.test(name))).toEqual([]);
});

// Windows gives no other file the name of one that is open.
it.skipIf(process.platform === 'win32').each([
  ['was repaired meanwhile', repair],
  ['was deleted meanwhile', async () => rmSync(path)],
])('lets a cache that %s go on under its name', async (_what, replace) => {
  writeFileSync(path, [1, 2].map(lineOf).join(''));
  const [cache, other] = [await open(), await open()];
  writeFileSync(path, `${lineOf(1)}rubbish\n${lineOf(2)}`);
  await replace();
  await Promise.all([cache.append([entryOf(3)]), other.append([entryOf(4)])]);
  await Promise.all([cache.close(), other.close()]);
  const next = await open();
  expect([3, 4].map((number) => next.has(keyOf(number)))).toEqual([true, true]);
  expect((await next.vectors([keyOf(4)]))[0]?.[0]).toBe(4);
  await next.close();
});
