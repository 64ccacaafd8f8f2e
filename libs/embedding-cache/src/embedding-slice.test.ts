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

/** A vector that identifies its key. */
function vectorOf(key: string): Float32Array {
  return Float32Array.from([Number.parseInt(key.slice(0, 6), 16), Number.parseInt(key.slice(-6), 16)]);
}

/** About every second vector is recovered. */
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
/** Keys that are close together, unlike hashes. */
const crowded = fc
  .string({ unit: fc.constantFrom(...'0f'), minLength: 8, maxLength: 8 })
  .map((tail) => tail.padStart(64, 'a'));
const extreme = fc.constantFrom('0'.repeat(64), 'f'.repeat(64), `${'0'.repeat(63)}1`, `${'f'.repeat(63)}e`);

describe('lookups in a slice', () => {
  it('a slice finds the keys that it has and no others, however they are spread', async () => {
    const key = fc.oneof(hash, crowded, extreme);
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 60 }), fc.array(key, { maxLength: 20 }), async (keys, others) => {
        const stored = write(keys);
        const asked = [...others, ...stored.toReversed()];
        const expected = asked.map((each) => (stored.includes(each) ? vectorOf(each) : undefined));
        expect(await lookUp(asked)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('a slice finds each of 3,000 keys', async () => {
    const keys = fc.sample(hash, { numRuns: 3_000, seed: 7 });
    const stored = write(keys);
    expect(await lookUp(stored)).toEqual(stored.map(vectorOf));
  });
});

describe('slices', () => {
  const KEYS = Array.from({ length: 16 }, (_, at) => at.toString(16).repeat(64));

  it.each([
    ['in a vector', KEY_AT + 80, 1],
    ['in a checksum', WIDTH - 5, 1],
    ['before a key', 0, 1],
    ['in a key, now another digit', KEY_AT, 1],
    ['in a key, now no digit', KEY_AT, 0x58],
  ])(
    'a slice with damage %s returns no wrong vector: it fails as damaged, or finds nothing',
    async (_where, offset, flip) => {
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
    },
  );

  it('the error for a damaged line of a slice names the line', async () => {
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

  it('a slice reports which vectors were recovered, in the order of the keys', async () => {
    write(KEYS.slice(0, 12));
    expect(await marksOf(KEYS.toReversed())).toEqual(
      KEYS.toReversed().map((key) => key < KEYS[12]! && isRecovered(key)),
    );
  });

  it('a slice that is missing, cut, or of other dimensions fails to open', async () => {
    expect(await failureOf(lookUp([]))).toMatchObject({ code: 'artifact-missing' });
    write(KEYS);
    truncateSync(path, 16 * WIDTH - 1);
    expect(await failureOf(lookUp([]))).toMatchObject({ code: 'artifact-damaged' });
    writeFileSync(path, encodeLine({ key: 'a'.repeat(64), vector: new Float32Array(DIMENSIONS + 1) }));
    expect(await failureOf(lookUp([]))).toMatchObject({ code: 'artifact-damaged' });
  });
});
