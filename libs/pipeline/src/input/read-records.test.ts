import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import type { InputRecord } from './input-record.ts';
import type { ReadRecordsOptions } from './read-options.ts';
import { readRecords } from './read-records.ts';

/** The bytes in blocks of the given sizes, which repeat. */
async function* blocksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] as number;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

async function read(text: string | Uint8Array, options: ReadRecordsOptions, sizes = [7]): Promise<InputRecord[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const records: InputRecord[] = [];
  for await (const record of readRecords(blocksOf(bytes, sizes), options)) records.push(record);
  return records;
}

const values = (records: readonly InputRecord[]): unknown[] => records.map(({ value }) => value);

const jsonValue = fc
  .jsonValue({ depthSize: 'small', maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });
const blockSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

/** Prints a value with white space between any two tokens, one piece of it after the other. */
function spaced(value: unknown, spaces: readonly string[]): string {
  let turn = 0;
  const gap = (): string => spaces[turn++ % spaces.length] as string;
  const print = (inner: unknown): string => {
    if (Array.isArray(inner)) return `[${gap()}${inner.map((item) => print(item) + gap()).join(`,${gap()}`)}]`;
    if (typeof inner !== 'object' || inner === null) return JSON.stringify(inner);
    const members = Object.entries(inner).map(
      ([key, member]) => `${JSON.stringify(key)}${gap()}:${gap()}${print(member)}${gap()}`,
    );
    return `{${gap()}${members.join(`,${gap()}`)}}`;
  };
  return gap() + print(value) + gap();
}

describe('readRecords, on generated inputs', () => {
  const spaces = fc.array(space, { minLength: 1, maxLength: 7 });

  it('reads back any array, whatever its white space and wherever its bytes are split', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonValue), spaces, blockSizes, async (records, gaps, sizes) => {
        const text = spaced(records, gaps);
        expect(values(await read(text, { name: 'a.json' }, sizes))).toEqual(records);
      }),
    );
  });

  it('reads back the records of any container, with other keys around them', async () => {
    const key = fc.constantFrom('chunks', 'data', 'items');
    const others = fc.dictionary(
      fc.string({ maxLength: 5 }).filter((name) => !['chunks', 'data', 'items', '__proto__'].includes(name)),
      jsonValue,
      { maxKeys: 3 },
    );
    const shape = fc.tuple(others, key, fc.array(jsonValue), others);
    await fc.assert(
      fc.asyncProperty(shape, spaces, blockSizes, async ([before, name, records, after], gaps, sizes) => {
        const pairs = [...Object.entries(before), [name, records] as const, ...Object.entries(after)];
        const inner = pairs.map(([member, value]) => `${JSON.stringify(member)}:${spaced(value, gaps)}`);
        const found = await read(`${gaps[0] as string}{${inner.join(',')}}`, { name: 'a.json' }, sizes);
        expect(values(found)).toEqual(records);
      }),
    );
  });

  it('reads back any JSON lines with blank lines between them, each with its line number', async () => {
    const blank = fc.constantFrom('\n', '\r\n', '\n\n', '\n \t\r\n');
    await fc.assert(
      fc.asyncProperty(
        fc.array(jsonValue),
        fc.array(blank, { minLength: 1 }),
        blockSizes,
        async (records, ends, sizes) => {
          // An array that is alone in the file is the records.
          fc.pre(!(records.length === 1 && Array.isArray(records[0])));
          let text = '';
          const lines: number[] = [];
          for (const [at, record] of records.entries()) {
            lines.push(text.split('\n').length);
            text += JSON.stringify(record) + (ends[at % ends.length] as string);
          }
          const found = await read(text, { name: 'a.jsonl' }, sizes);
          expect(values(found)).toEqual(records);
          expect(found.map(({ line }) => line)).toEqual(lines);
          expect(found.map(({ index }) => index)).toEqual(records.map((_, at) => at));
        },
      ),
    );
  });

  it('reads back JSON lines from a file of another name when the first is an object', async () => {
    const records = fc.array(jsonValue, { minLength: 1 }).map((rest) => [{ id: 1 }, ...rest]);
    await fc.assert(
      fc.asyncProperty(records, blockSizes, async (wanted, sizes) => {
        const text = wanted.map((record) => JSON.stringify(record)).join('\n');
        expect(values(await read(text, { name: 'a.json' }, sizes))).toEqual(wanted);
      }),
    );
  });

  it('reads back a gzipped array in blocks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonValue, { maxLength: 5 }), blockSizes, async (records, sizes) => {
        const bytes = new Uint8Array(gzipSync(JSON.stringify(records)));
        expect(values(await read(bytes, { name: 'a.json.gz' }, sizes))).toEqual(records);
      }),
      { numRuns: 30 },
    );
  });
});

describe('readRecords', () => {
  it('gives the line on which each record starts', async () => {
    const found = await read('\n[\n{"a":\n1},\r\n\n {"b":"x\\ny"}, 3\n]', { name: 'a.json' });
    expect(found.map(({ line }) => line)).toEqual([3, 6, 6]);
  });

  it.each([1, 3, 1000])('skips a record that is too large and reads on, in blocks of %i bytes', async (size) => {
    const large = { id: 'large', text: 'x'.repeat(500) };
    const records = [{ id: 'a' }, large, { id: 'b' }];
    const options = { recordBytesMax: 100 };
    const wanted = [{ id: 'a' }, undefined, { id: 'b' }];
    const lines = records.map((record) => JSON.stringify(record)).join('\n');
    expect(values(await read(JSON.stringify(records), { name: 'a.json', ...options }, [size]))).toEqual(wanted);
    expect(values(await read(lines, { name: 'a.jsonl', ...options }, [size]))).toEqual(wanted);
    const first = [large, ...records].map((record) => JSON.stringify(record)).join('\n');
    expect(values(await read(first, { name: 'a.json', ...options }, [size]))).toEqual([undefined, ...wanted]);
  });

  it('accepts a record of exactly recordBytesMax bytes, and skips one with a byte more', async () => {
    const record = { text: 'x'.repeat(20) };
    const recordBytesMax = JSON.stringify(record).length;
    for (const size of [1, 5, 1000]) {
      const text = JSON.stringify([record]);
      expect(values(await read(text, { name: 'a.json', recordBytesMax }, [size]))).toEqual([record]);
      const less = { name: 'a.json', recordBytesMax: recordBytesMax - 1 };
      expect(values(await read(text, less, [size]))).toEqual([undefined]);
    }
  });

  it('quotes nothing of an input that it refuses', async () => {
    const secret = 'SECRET';
    for (const [name, text] of [
      ['a.json', `[{"text":"${secret}" x]]`],
      ['a.jsonl', `{"text": ${secret}`],
      ['a.json', `["${secret}" "${secret}"]`],
      ['a.json', `{"${secret}" 1}`],
    ] as const) {
      const failure = await failureOf(read(text, { name }));
      expect(failure.code).toBe('input-malformed');
      expect(failure.message).not.toContain(secret);
    }
    for (const [name, text] of [
      ['a.json', `[{"text":"${secret}" x}]`],
      ['a.json', `[{"${secret}" 1}]`],
      ['a.jsonl', `{"text": ${secret}}`],
    ] as const) {
      const [record] = await read(text, { name });
      expect(record?.problem?.code).toBe('not-json');
      expect(record?.problem?.message).not.toContain(secret);
    }
  });

  it('stops reading its source when no more records are asked for', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1;
        yield new TextEncoder().encode('{"id":1}\n');
      }
    }
    for await (const { index } of readRecords(endless(), { name: 'a.jsonl' })) if (index === 10) break;
    expect(given).toBeLessThan(15);
  });
});
