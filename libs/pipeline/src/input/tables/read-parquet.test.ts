import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { accessTo, blocksOf, failureOf } from '@lockstep/testing-ports';
import { readInput, valuesOf } from '@lockstep/testing-runs';
import { readRecords } from '../read-records.ts';

describe('Parquet', () => {
  const moment = 1_700_000_000_123_456n;
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 5 },
        { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'micros', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'REQUIRED' },
        { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'REQUIRED' },
        { name: 'score', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
        { name: 'count', type: 'INT64', repetition_type: 'REQUIRED' },
      ],
      columnData: [
        { name: 'id', data: ['a', 'b', 'c'] },
        { name: 'micros', data: [moment, -1n, 0n] },
        { name: 'day', data: [0, -1, 19_675] },
        { name: 'score', data: [Number.NaN, undefined, 0.5] },
        { name: 'count', data: [2n ** 53n - 1n, -(2n ** 60n), 0n] },
      ],
      rowGroupSize: 2,
    }),
  );

  it('gives rows of JSON: times as text, digits where a number would be rounded, null where there is none', async () => {
    const found = await readInput(bytes, { name: 'a.parquet', access: accessTo(bytes) });
    expect(valuesOf(found)).toEqual([
      { id: 'a', micros: '2023-11-14T22:13:20.123456Z', day: '1970-01-01', score: null, count: 2 ** 53 - 1 },
      { id: 'b', micros: '1969-12-31T23:59:59.999999Z', day: '1969-12-31', score: null, count: '-1152921504606846976' },
      { id: 'c', micros: '1970-01-01T00:00:00Z', day: '2023-11-14', score: 0.5, count: 0 },
    ]);
    expect(found.map(({ nonFinite, line }) => [nonFinite, line])).toEqual([
      [1, 1],
      [0, 2],
      [0, 3],
    ]);
  });

  it('is read to its end as a stream too, which vouches that it is one version', async () => {
    let taken = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const block of blocksOf(bytes, 7)) {
        taken += block.length;
        yield block;
      }
    }
    for await (const _ of readRecords(counted(), { name: 'a.parquet', access: accessTo(bytes) }));
    expect(taken).toBe(bytes.length);
  });

  it('without a file that can be read in any order is refused for that', async () => {
    expect(await failureOf(readInput(bytes))).toMatchObject({
      code: 'input-form',
      message: expect.stringMatching(/cannot be read in any order.*Give it as a file/),
    });
  });

  it('fails with what reading the file fails with', async () => {
    const fault = new Error('the disk went away');
    const access = { size: bytes.length, slice: () => Promise.reject(fault) };
    expect(await readInput(bytes, { access }).catch((error: unknown) => error)).toBe(fault);
  });

  it('that is cut anywhere is refused', async () => {
    for (let length = 32; length < bytes.length; length += 1) {
      const cut = bytes.slice(0, length);
      const found = await failureOf(readInput(cut, { name: 'a.parquet', access: accessTo(cut) }, 4096));
      expect([length, found?.code]).toEqual([length, 'input-parquet']);
    }
  });
});
