import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256Hex } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
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

const WIDTH = lineOf(0).length;

it.each<[what: string, damage: (line: string) => string, pieces: number]>([
  ['a byte that has changed', (line) => line.replace('"vector"', '"vectur"'), 1],
  ['bytes that are missing', (line) => line.slice(0, 40) + line.slice(60), 1],
  ['bytes that were inserted', (line) => `${line.slice(0, 40)}xxxx${line.slice(40)}`, 1],
  ['a line feed in the middle', (line) => `${line.slice(0, 40)}\n${line.slice(41)}`, 2],
  ['only the beginning of a line', (line) => line.slice(0, 60), 1],
  // Zeros have no line feed.
  ['a line that became zeros', (line) => '\0'.repeat(line.length), 1],
  ['zeros up to the middle of a line', (line) => '\0'.repeat(line.length + 10) + line.slice(10), 1],
  ['megabytes of other text', () => `${'x'.repeat(3 * 2 ** 20)}\n`, 4],
  // The block that is read ends within a sound line, and in the second case within its first few bytes.
  ['zeros up to the end of a block', () => '\0'.repeat(2 ** 20 - 2 * WIDTH - 20), 1],
  ['zeros up to nearly the end of a block', () => '\0'.repeat(2 ** 20 - 2 * WIDTH - 3), 1],
])('a repair moves %s to another file, and keeps all other lines', async (_, damage, pieces) => {
  const damaged = damage(lineOf(9));
  writeFileSync(path, [lineOf(1), lineOf(2), damaged, lineOf(3), lineOf(4)].join(''));
  expect(await failureOf(open())).toMatchObject({ code: 'cache-damaged', details: { line: 3 } });
  const { setAside, ...counts } = await repair();
  expect(counts).toEqual({ sound: 4, damaged: pieces });
  expect(readFileSync(setAside ?? '', 'latin1')).toBe(damaged);
  expect(readFileSync(path, 'latin1')).toBe([1, 2, 3, 4].map(lineOf).join(''));
  const cache = await open();
  expect([1, 2, 3, 4, 9].map((number) => cache.has(keyOf(number)))).toEqual([true, true, true, true, false]);
  await cache.close();
  expect(await repair()).toEqual({ sound: 4, damaged: 0, setAside: null });
});

it.each<[what: string, damage: (line: string) => string]>([
  ['was changed', (line) => line.replace('\n', 'x')],
  ['was lost', (line) => line.replace('\n', '')],
])(
  'a repair keeps lines of which only the line feed %s, and copies them unchanged to another file',
  async (_, damage) => {
    const damaged = [2, 3, 6].map((number) => damage(lineOf(number)));
    writeFileSync(path, [lineOf(1), damaged[0], damaged[1], lineOf(4), lineOf(5), damaged[2]].join(''));
    const { setAside, ...counts } = await repair();
    expect(counts).toEqual({ sound: 6, damaged: 2 });
    expect(readFileSync(path, 'latin1')).toBe([1, 2, 3, 4, 5, 6].map(lineOf).join(''));
    expect(readFileSync(setAside ?? '', 'latin1')).toBe(damaged.join(''));
  },
);

it('a repair changes nothing when the cache is sound or missing', async () => {
  expect(await repair()).toEqual({ sound: 0, damaged: 0, setAside: null });
  writeFileSync(path, [1, 2].map(lineOf).join(''));
  expect(await repair()).toEqual({ sound: 2, damaged: 0, setAside: null });
  expect(readFileSync(path, 'latin1')).toBe([1, 2].map(lineOf).join(''));
  expect(readdirSync(folder).filter((name) => /repaired|damaged/.test(name))).toEqual([]);
});

// Windows cannot replace or delete a file that is open.
it.skipIf(process.platform === 'win32').each([
  ['was repaired meanwhile', repair],
  ['was deleted meanwhile', async () => rmSync(path)],
])('appends to a cache that %s go to the file at its path', async (_what, replace) => {
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
