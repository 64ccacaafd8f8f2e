import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { failureOf } from '@lockstep/testing-ports';
import type { InputRecord } from './input-record.ts';
import type { ReadRecordsOptions } from './read-options.ts';
import { readRecords } from './read-records.ts';
import { stringEnd } from './json/scan-bytes.ts';

const MIB = 1024 * 1024;
const GOOD = '{"id":"a","text":"A good record."}';

/** Blocks of one repeated character between a head and a tail; no block is made before it is asked for. */
async function* repeated(head: string, character: string, bytes: number, tail: string): AsyncGenerator<Uint8Array> {
  const block = Buffer.alloc(256 * 1024, character);
  yield Buffer.from(head);
  for (let given = 0; given < bytes; given += block.length) yield block;
  yield Buffer.from(tail);
}

const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** gzip of the same, a thousandth of its size. It has no end: a reader that gets to the checksum has read too much. */
async function* bomb(head: string, character: string, bytes: number): AsyncGenerator<Uint8Array> {
  const packed = (text: Buffer) => deflateRawSync(text, { finishFlush: constants.Z_FULL_FLUSH });
  const block = packed(Buffer.alloc(4 * MIB, character));
  yield Buffer.concat([GZIP_HEADER, packed(Buffer.from(head))]);
  for (let given = 0; given < bytes; given += 4 * MIB) yield block;
}

interface Reading {
  readonly records: readonly InputRecord[];
  readonly failure: unknown;
  /** Bytes of the source that were asked for. */
  readonly taken: number;
  /** The most memory in use at once beyond what was in use before: bytes on the heap and in buffers. */
  readonly peakBytes: number;
}

/** Reads the source to its end or its failure, and measures the memory before each block. */
async function read(source: AsyncIterable<Uint8Array>, options: ReadRecordsOptions): Promise<Reading> {
  const inUse = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = inUse();
  let taken = 0;
  let peakBytes = 0;
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const block of source) {
      taken += block.length;
      peakBytes = Math.max(peakBytes, inUse() - before);
      yield block;
    }
  }
  const records: InputRecord[] = [];
  const failure = await (async () => {
    for await (const record of readRecords(watched(), options)) records.push(record);
  })().catch((error: unknown) => error);
  return { records, failure, taken, peakBytes };
}

describe('a very large record', () => {
  const large = 1000 * MIB;

  it.each([
    ['on a line', 'a.jsonl', `${GOOD}\n{"id":"b","text":"`, 'x', `"}\n${GOOD}\n`, 2],
    ['in an array', 'a.json', `[${GOOD},\n{"id":"b","text":"`, 'x', `"},\n${GOOD}]`, 2],
    ['that comes first', 'a.json', '{"id":"b","text":"', 'x', `"}\n${GOOD}`, 1],
  ])(
    'a record of nearly 1 GiB %s is skipped, with the memory of one record',
    async (_what, name, head, character, tail, line) => {
      const { records, failure, peakBytes } = await read(repeated(head, character, large, tail), { name });
      expect(failure).toBeUndefined();
      expect(records.filter(({ value }) => value === undefined)).toMatchObject([{ line }]);
      expect(records.filter(({ value }) => value !== undefined).length).toBe(records.length - 1);
      expect(peakBytes).toBeLessThan(100 * MIB);
    },
  );
});

describe('an input in which no record ends', () => {
  const limit = { recordBytesMax: MIB / 4 };

  it.each([
    ['a line', 'a.jsonl', `${GOOD}\n{"id":"b","text":"`, 'x', 'Line 2, record 2'],
    ['a string', 'a.json', `[${GOOD},\n{"id":"b","text":"`, 'x', 'Line 2, record 2'],
    ['a run of white space', 'a.json', `[${GOOD},\n`, ' ', 'Line 2'],
    ['a number', 'a.json', `[${GOOD},\n`, '1', 'Line 2, record 2'],
    ['a run of opening brackets', 'a.json', `[${GOOD},\n`, '[', 'Line 2, record 2'],
    ['a key', 'a.json', '\n{"', 'x', 'Line 2'],
    ['a value beside the records', 'a.json', `{"chunks":[${GOOD}],\n"note":"`, 'x', 'Line 2'],
  ])(
    'an input is refused after 64 times the largest record when %s does not end',
    async (_what, name, head, character, place) => {
      const { records, failure, taken, peakBytes } = await read(repeated(head, character, 10_240 * MIB, ''), {
        name,
        ...limit,
      });
      expect(failure).toMatchObject({
        code: 'input-malformed',
        message: expect.stringMatching(new RegExp(`^${place}: no record ends within ${16 * MIB} bytes`)),
      });
      expect(records.length).toBeLessThan(2);
      expect(taken).toBeLessThan(17 * MIB);
      expect(peakBytes).toBeLessThan(50 * MIB);
    },
  );

  it.each([
    ['a.json.gz', `[${GOOD},"`, 'x', 'input-malformed'],
    ['a.jsonl.gz', `${GOOD}\n`, '\0', 'input-malformed'],
    ['a.json.gz', '', '\0', 'input-encoding'],
  ])(
    'a gzip bomb in %s of %j and 10 GB of %j is refused, and only its start is unpacked',
    async (name, head, character, code) => {
      const { failure, taken, peakBytes } = await read(bomb(head, character, 10_240 * MIB), { name, ...limit });
      expect(failure).toMatchObject({ code });
      // Of 10 MB; what the streams read ahead is in it.
      expect(taken).toBeLessThan(512 * 1024);
      expect(peakBytes).toBeLessThan(50 * MIB);
    },
  );

  it('any number of small records is accepted, since the limit counts from the end of the last one', async () => {
    const records = Array.from({ length: 3000 }, () => GOOD).join('\n');
    const { records: found, failure } = await read(
      (async function* () {
        yield Buffer.from(records);
      })(),
      { name: 'a.jsonl', recordBytesMax: GOOD.length },
    );
    expect([failure, found.length]).toEqual([undefined, 3000]);
  });
});

describe('a first object that may be a record', () => {
  it('a first object of 100,000 members takes about its own size in memory', async () => {
    const members = Buffer.from(',"a":1'.repeat(5000));
    const { records, peakBytes } = await read(
      (async function* () {
        yield Buffer.from('{"id":"b","text":"t"');
        for (let given = 0; given < 20; given += 1) yield members;
        yield Buffer.from(`}\n${GOOD}`);
      })(),
      { name: 'a.json' },
    );
    expect(records.map(({ value }) => value)).toEqual([{ id: 'b', text: 't', a: 1 }, JSON.parse(GOOD)]);
    // 600 KB of text; arrays of their own for 100,000 members would be 120 MB.
    expect(peakBytes).toBeLessThan(40 * MIB);
  });

  it('a first object is refused when one of its keys is larger than a record may be', async () => {
    const { failure } = await read(repeated('{"', 'k', 2 * MIB, '":1}'), { name: 'a.json', recordBytesMax: MIB });
    expect(failure).toMatchObject({
      code: 'input-malformed',
      message: expect.stringMatching(/Line 1: a key has more/),
    });
  });

  it('the error for a key without a value shows the start of the key with its control characters escaped', async () => {
    for (const key of ['k'.repeat(10_000), '\\u001b[2J']) {
      const failure = await failureOf(
        (async () => {
          for await (const _ of readRecords(repeated(`{"${key}":`, '}', 1, ''), { name: 'a.json' }));
        })(),
      );
      expect(failure.message).toMatch(/^Line 1: "(k{60}"\.\.\.|\\u001b\[2J") has no value\.$/);
    }
  });
});

it('the search for the end of a string looks at each byte fewer than three times', () => {
  let searched = 0;
  class Counted extends Uint8Array {
    override indexOf(value: number, from = 0): number {
      const found = super.indexOf(value, from);
      searched += (found < 0 ? this.length : found + 1) - from;
      return found;
    }
  }
  for (const text of ['\\\\', '\\"', 'x', `${'x'.repeat(100)}\\n`, `${'x'.repeat(100)}\\"`, `${'x'.repeat(99)}"`]) {
    const block = new Counted(MIB / 4);
    block.set(new TextEncoder().encode(text.repeat(block.length / text.length)));
    searched = 0;
    for (let at = 0; at < block.length; at = stringEnd(block, at) + 1);
    expect(searched, text).toBeLessThan(3 * block.length);
  }
});
