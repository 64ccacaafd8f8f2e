import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InputRecord } from './input-record.ts';
import { readRecords } from './read-records.ts';

async function read(text: string, exactIntegers = true): Promise<InputRecord[]> {
  const records: InputRecord[] = [];
  async function* blocks(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(text);
  }
  for await (const record of readRecords(blocks(), { name: 'a.jsonl', exactIntegers })) records.push(record);
  return records;
}

describe('integers beyond 2^53', () => {
  it('become their digits as text wherever they stand, and are counted', async () => {
    const digits = '12345678901234567890';
    const text = `{"id":${digits},"a":[-${digits} ,{"b":9007199254740992}],"c" :\t9007199254740991}`;
    const [record] = await read(text);
    expect(record).toMatchObject({
      value: { id: digits, a: [`-${digits}`, { b: '9007199254740992' }], c: 9007199254740991 },
      largeIntegers: 3,
    });
    expect((await read(text, false))[0]?.value).toEqual(JSON.parse(text));
  });

  it('keep every digit, at any place of a line', async () => {
    const magnitude = fc
      .integer({ min: 1, max: 40 })
      .chain((digits) => fc.bigInt({ min: 0n, max: 10n ** BigInt(digits) }));
    const integers = fc.array(fc.tuple(magnitude, fc.boolean()), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(integers, fc.nat(40), async (drawn, at) => {
        const wanted = drawn.map(([size, isNegative]) => String(isNegative ? -size : size));
        const [record] = await read(`{"${'k'.repeat(at)}":[${wanted.join()}]}`);
        expect((Object.values(record?.value as object)[0] as unknown[]).map(String)).toEqual(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  it('in strings, as fractions and with exponents stay as they are', async () => {
    const text = String.raw`{"a":"x, 12345678901234567890, \" 12345678901234567890","b":0.12345678901234567890,"c":12345678901234567890.5,"d":12345678901234567890e1,"e":-1.12345678901234567890,"12345678901234567890":1}`;
    const [record] = await read(text);
    expect(record?.value).toEqual(JSON.parse(text));
    expect(record?.largeIntegers ?? 0).toBe(0);
  });

  it('make no JSON of what is none', async () => {
    const found = await read('{12345678901234567890:1}\n{"a":012345678901234567890}\n{"a":1}\n');
    expect(found.map(({ problem }) => problem?.code)).toEqual(['not-json', 'not-json', undefined]);
  });

  it('are kept beside NaN', async () => {
    const [record] = await read('{"a":NaN,"b":12345678901234567890}');
    expect(record).toMatchObject({ value: { a: null, b: '12345678901234567890' }, nonFinite: 1, largeIntegers: 1 });
  });
});
