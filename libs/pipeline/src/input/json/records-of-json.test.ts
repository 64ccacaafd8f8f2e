import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encoded, failureOf } from '@lockstep/testing-ports';
import { readInput, valuesOf } from '@lockstep/testing-runs';
import type { InputRecord } from '../input-record.ts';
import { readRecords } from '../read-records.ts';

describe('records at a place', () => {
  const record = { id: 'a', text: 'A good record.' };
  const records = [record, { id: 'b', text: 'Brackets ]}" and "{[' }];

  it.each([
    ['value', ['value'], { '@odata.context': 'x', value: records, more: [1] }],
    ['documents', ['documents'], { documents: records }],
    ['hits.hits', ['hits', 'hits'], { took: 1, hits: { total: { value: 2 }, hits: records, max: null }, end: '}' }],
    ['a key with a slash', ['docs/all'], { 'docs/all': records }],
  ])('are read under %s', async (_what, path, input) => {
    for (const spaces of [0, 2])
      expect(valuesOf(await readInput(JSON.stringify(input, null, spaces), { records: { path } }))).toEqual(records);
  });

  it('are the members of an object, each with its key, where they are keyed', async () => {
    const input = { 'docstore/metadata': { a: 1 }, 'docstore/data': { a: record, 'k"ey': 2 }, rest: null };
    const found = await readInput(JSON.stringify(input), { records: { path: ['docstore/data'], keyed: true } });
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      ['a', record],
      ['k"ey', 2],
    ]);
    expect(await readInput('{"m":{}}', { records: { path: ['m'], keyed: true } })).toEqual([]);
    const top = await readInput(JSON.stringify({ a: record }), { records: { path: [], keyed: true } });
    expect(top).toMatchObject([{ key: 'a', value: record }]);
  });

  it('are what they are where they are no objects', async () => {
    expect(valuesOf(await readInput('{"texts":["a",null,2]}', { records: { path: ['texts'] } }))).toEqual([
      'a',
      null,
      2,
    ]);
  });

  it('are read from each of several objects, as pages are', async () => {
    const page = (id: number) => JSON.stringify({ result: { points: [{ id }], next: id } });
    const found = await readInput(`${page(1)}\n${page(2)}`, {
      name: 'a.jsonl',
      records: { path: ['result', 'points'] },
    });
    expect(valuesOf(found)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it.each([
    ['{"a":[],"b":1}', ['c'], 'Expected the records at "c", as an array; found the keys "a", "b".'],
    ['{"a":{"b":[]}}', ['a'], 'Expected the records at "a", as an array; found an object in place of an array.'],
    ['{"a":[1]}', ['a', 'b'], 'Expected the records at "a" in "b", as an array; found an array in place of an object.'],
    ['[1]', ['a'], 'Expected the records at "a", as an array; found an array in place of an object.'],
  ])('are missed with the keys that are there: %s', async (text, path, message) => {
    expect(await failureOf(readInput(text, { records: { path } }))).toMatchObject({
      code: 'input-no-container',
      message,
    });
  });

  it('may stand at one place alone', async () => {
    const failure = await failureOf(readInput('{"a":[1],"a":[2]}', { records: { path: ['a'] } }));
    expect(failure.code).toBe('input-ambiguous-container');
  });

  it('are read with memory for one of them, however much stands beside', async () => {
    async function* large(): AsyncGenerator<Uint8Array> {
      const block = new Uint8Array(256 * 1024).fill(0x78);
      yield encoded('{"beside":"');
      for (let at = 0; at < 400; at += 1) yield block;
      yield encoded('","docs":[{"id":1}]}');
    }
    const before = process.memoryUsage().arrayBuffers;
    const found: InputRecord[] = [];
    for await (const next of readRecords(large(), { name: 'a.json', records: { path: ['docs'] } })) found.push(next);
    expect(valuesOf(found)).toEqual([{ id: 1 }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a broken record', () => {
  it('is one record with a problem that names the byte where it starts', async () => {
    const found = await readInput('{"id":1}\n{"id":2,"t":"Be"ta"}\n{"id":3}\n', { name: 'a.jsonl' });
    expect(valuesOf(found)).toEqual([{ id: 1 }, undefined, { id: 3 }]);
    expect(found[1]).toMatchObject({ index: 1, line: 2, problem: { code: 'not-json' } });
    expect(found[1]?.problem?.message).toMatch(/^expected JSON \(.*\); the record starts at byte 9$/);
  });

  it('is named with its number where the input cannot be read on', async () => {
    const records = Array.from({ length: 17 }, (_, id) => JSON.stringify({ id }));
    const failure = await failureOf(readInput(`[${records.join(',')},{"id":"x" "}]`));
    expect(failure.message).toMatch(/^Line 1, record 18: a string is not closed/);
    expect(failure).toMatchObject({ details: { line: 1, record: 17 } });
  });

  it('never takes a good one with it, wherever quotes and brackets are too many or too few', async () => {
    const good = { id: 'g', text: 'Good, "quoted", [brackets] and {braces}.' };
    const bad = JSON.stringify({ id: 'bad', text: 'some words', m: { list: [1, { a: 'b' }] } });
    const fault = fc.tuple(fc.nat(bad.length), fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\'), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fault), { maxLength: 6 }), fc.boolean(), async (faults, spaced) => {
        const texts = faults.map((one) => {
          if (one === null) return JSON.stringify(good);
          const [at, character, replaces] = one;
          return bad.slice(0, at) + character + bad.slice(at + (replaces ? 1 : 0));
        });
        const goods = faults.filter((one) => one === null).length;
        const found = await readInput(`[${texts.join(spaced ? ', ' : ',')}]`, {}, 1000).catch(
          (error: unknown) => error,
        );
        if (!Array.isArray(found)) return;
        expect(
          (found as InputRecord[]).filter(({ value }) => JSON.stringify(value) === JSON.stringify(good)),
        ).toHaveLength(goods);
      }),
      { numRuns: 1000 },
    );
  });

  it('that is the last line, without a line feed and without its end, means a file that is cut', async () => {
    for (const cut of ['{"id":2,"t":"', '{"id":2,"t":{"a":1}', '{"id":2', '\0\0\0']) {
      const failure = await failureOf(readInput(`{"id":1}\n${cut}`, { name: 'a.jsonl' }));
      expect(failure).toMatchObject({ code: 'input-malformed', details: { line: 2, record: 1 } });
      expect(valuesOf(await readInput(`{"id":1}\n${cut}\n{"id":3}`, { name: 'a.jsonl' }))).toEqual([
        { id: 1 },
        undefined,
        { id: 3 },
      ]);
    }
    expect(valuesOf(await readInput('{"id":1}\n{"id":2,"t":"Be"ta"}', { name: 'a.jsonl' }))).toEqual([
      { id: 1 },
      undefined,
    ]);
  });
});

describe('numbers that JSON does not have', () => {
  it('become null and are counted, wherever they stand, and strings stay as they are', async () => {
    const text = String.raw`{"NaN":"NaN, \"Infinity\", \\","a":[NaN,-Infinity , 1,Infinity],"b":{"c":NaN}}`;
    for (const input of [`[${text}]`, `${text}\n{"id":1}`]) {
      const [record] = await readInput(input);
      expect(record).toMatchObject({
        value: { NaN: 'NaN, "Infinity", \\', a: [null, null, 1, null], b: { c: null } },
        nonFinite: 4,
      });
    }
    expect(valuesOf(await readInput('{"note":NaN,"chunks":[{"id":1}]}'))).toEqual([{ id: 1 }]);
  });

  it('are no excuse for what else is wrong', async () => {
    const found = await readInput('{"a":-NaN}\n{"a":NaNs}\n{NaN:1}\n{"a":NaN,}\n{"a":1}\n', { name: 'a.jsonl' });
    expect(found.map(({ problem }) => problem?.code)).toEqual([
      'not-json',
      'not-json',
      'not-json',
      'not-json',
      undefined,
    ]);
  });
});
