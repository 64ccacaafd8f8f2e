import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isIndexingError, type EmbeddingSlice } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { encodeLine, KEY_AT, lineBytes } from './cache-line.ts';
import { openEmbeddingSlice } from './embedding-slice.ts';

const DIMENSIONS = 2;
const WIDTH = lineBytes(DIMENSIONS);

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-slice-'));
  path = join(folder, 'slice.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A vector that tells its key. */
function vectorOf(key: string): Float32Array {
  return Float32Array.from([Number.parseInt(key.slice(0, 6), 16), Number.parseInt(key.slice(-6), 16)]);
}

/** Every second vector was recovered. */
const isRecovered = (key: string): boolean => Number.parseInt(key.slice(-1), 16) % 2 === 1;

function write(keys: readonly string[]): string[] {
  const sorted = [...new Set(keys)].toSorted();
  writeFileSync(
    path,
    sorted.map((key) => encodeLine({ key, vector: vectorOf(key), isRecovered: isRecovered(key) })).join(''),
  );
  return sorted;
}

async function reading<Result>(work: (slice: EmbeddingSlice) => Promise<Result>): Promise<Result> {
  const slice = openEmbeddingSlice({ path, dimensions: DIMENSIONS });
  try {
    return await work(slice);
  } finally {
    await slice.close();
  }
}

const lookUp = (keys: readonly string[]) => reading((slice) => slice.vectors(keys));
const marksOf = (keys: readonly string[]) => reading((slice) => slice.areRecovered(keys));

const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
/** Keys that lie close together, as no hash does. */
const crowded = fc
  .string({ unit: fc.constantFrom(...'0f'), minLength: 8, maxLength: 8 })
  .map((tail) => tail.padStart(64, 'a'));
const extreme = fc.constantFrom('0'.repeat(64), 'f'.repeat(64), `${'0'.repeat(63)}1`, `${'f'.repeat(63)}e`);

describe('a slice finds', () => {
  it('every key that it holds, and none that it does not, however they are spread', async () => {
    const key = fc.oneof(hash, crowded, extreme);
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 60 }), fc.array(key, { maxLength: 20 }), async (keys, others) => {
        const held = write(keys);
        const asked = [...others, ...held.toReversed()];
        const expected = asked.map((each) => (held.includes(each) ? vectorOf(each) : undefined));
        expect(await lookUp(asked)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('any of a few thousand', async () => {
    const keys = fc.sample(hash, { numRuns: 3_000, seed: 7 });
    const held = write(keys);
    expect(await lookUp(held)).toEqual(held.map(vectorOf));
  });
});

describe('a slice', () => {
  const KEYS = Array.from({ length: 16 }, (_, at) => at.toString(16).repeat(64));

  it.each([
    ['in a vector', KEY_AT + 80, 1],
    ['in a checksum', WIDTH - 5, 1],
    ['before a key', 0, 1],
    ['in a key, to another digit', KEY_AT, 1],
    ['in a key, to what is no digit', KEY_AT, 0x58],
  ])('with damage %s gives no wrong vector, and fails in words or finds nothing', async (_where, offset, flip) => {
    for (const damaged of KEYS.keys()) {
      write(KEYS);
      const bytes = readFileSync(path);
      const at = damaged * WIDTH + offset;
      bytes[at] = (bytes[at] as number) ^ flip;
      writeFileSync(path, bytes);
      for (const [number, key] of KEYS.entries()) {
        const found = await lookUp([key]).catch((error: unknown) => error);
        if (isIndexingError(found)) expect(found).toMatchObject({ code: 'artifact-damaged' });
        else if (number === damaged) expect(found).toEqual([undefined]);
        else expect([[undefined], [vectorOf(key)]]).toContainEqual(found);
      }
    }
  });

  it('names the damaged line', async () => {
    write(KEYS);
    const bytes = readFileSync(path);
    bytes[3 * WIDTH + KEY_AT + 80] = 0x21;
    writeFileSync(path, bytes);
    const failure = await failureOf(lookUp([KEYS[3] as string]));
    expect(failure).toMatchObject({ code: 'artifact-damaged' });
    expect(failure.message).toMatch(/\b4\b.*embed/);
    expect(await lookUp([KEYS[4] as string])).toEqual([vectorOf(KEYS[4] as string)]);
    expect(await failureOf(marksOf([KEYS[3] as string]))).toMatchObject({ code: 'artifact-damaged' });
  });

  it('says which vectors were recovered, in the order of the keys', async () => {
    write(KEYS.slice(0, 12));
    expect(await marksOf(KEYS.toReversed())).toEqual(
      KEYS.toReversed().map((key) => key < KEYS[12]! && isRecovered(key)),
    );
  });

  it('that is not there, is cut, or is of other dimensions is refused when it is opened', async () => {
    expect(await failureOf(lookUp([]))).toMatchObject({ code: 'artifact-missing' });
    write(KEYS);
    truncateSync(path, 16 * WIDTH - 1);
    expect(await failureOf(lookUp([]))).toMatchObject({ code: 'artifact-damaged' });
    writeFileSync(path, encodeLine({ key: 'a'.repeat(64), vector: new Float32Array(DIMENSIONS + 1) }));
    expect(await failureOf(lookUp([]))).toMatchObject({ code: 'artifact-damaged' });
  });
});
