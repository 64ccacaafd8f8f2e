import type { ColumnMetaData, FileMetaData, RowGroup } from 'hyparquet/src/index.js';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { accessTo } from '@lockstep/testing-ports';
import { checkParquetPages } from './check-parquet-pages.ts';
import { readParquet } from './read-parquet.ts';

const ROWS = 9;

const fileOf = (codec: 'UNCOMPRESSED' | 'SNAPPY'): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: Array.from({ length: ROWS }, (_, at) => `id-${at}`), type: 'STRING' },
        { name: 'lang', data: Array.from({ length: ROWS }, (_, at) => (at === 3 ? null : 'en')), type: 'STRING' },
        { name: 'ok', data: Array.from({ length: ROWS }, (_, at) => at % 2 === 0), type: 'BOOLEAN' },
        {
          name: 'n',
          data: Array.from({ length: ROWS }, (_, at) => at * 1000),
          type: 'INT32',
          encoding: 'DELTA_BINARY_PACKED',
        },
      ],
      codec,
      rowGroupSize: 5,
    }),
  );

const FILES = [fileOf('UNCOMPRESSED'), fileOf('SNAPPY')];

async function rowsOf(bytes: Uint8Array): Promise<number> {
  let rows = 0;
  for await (const batch of readParquet(accessTo(bytes))) for (const _ of batch) rows += 1;
  return rows;
}

describe('damaged Parquet', () => {
  it.each([
    ['with all bits set', () => 0xff],
    ['with no bit set', () => 0],
    ['with its highest bit changed', (byte: number) => byte ^ 0x80],
    ['with its lowest bit changed', (byte: number) => byte ^ 1],
  ])('with one byte %s, at any place, gives all rows or is refused as input-parquet', async (_what, change) => {
    for (const file of FILES) {
      expect(await rowsOf(file)).toBe(ROWS);
      for (const [at, byte] of file.entries()) {
        const damaged = file.slice();
        damaged[at] = change(byte);
        const outcome = await rowsOf(damaged).catch((error: { code?: string }) => error.code ?? String(error));
        expect([ROWS, 'input-parquet'], `byte ${at}`).toContain(outcome);
      }
    }
  });

  const RUN_OF_2_30 = [0x80, 0x80, 0x80, 0x80, 0x08];
  const zigzag = (value: number): number => value * 2;

  /** A page of the first version with 4 values from a dictionary, in one run. */
  function pageOf(run: readonly number[]): Uint8Array<ArrayBuffer> {
    const page = [1, ...run, 0];
    const size = zigzag(page.length);
    const about = [0x15, zigzag(4), 0x15, zigzag(8), 0x15, zigzag(3), 0x15, zigzag(3), 0];
    return Uint8Array.from([0x15, zigzag(0), 0x15, size, 0x15, size, 0x2c, ...about, 0, ...page]);
  }

  async function check(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const meta: Partial<ColumnMetaData> = {
      ...{ type: 'INT32', path_in_schema: ['n'], codec: 'UNCOMPRESSED', num_values: 4n, data_page_offset: 0n },
      total_compressed_size: BigInt(bytes.length),
    };
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 'n', type: 'INT32', repetition_type: 'REQUIRED' },
    ];
    const group = { num_rows: 4n, columns: [{ meta_data: meta }] } as unknown as RowGroup;
    const file = { slice: (from: number, to: number) => Promise.resolve(bytes.slice(from, to).buffer) };
    await checkParquetPages(file, { schema } as unknown as FileMetaData, group, compressors);
  }

  it('whose page has a run of more values than the page is refused before the run is read', async () => {
    await check(pageOf([8]));
    await expect(check(pageOf(RUN_OF_2_30))).rejects.toThrow('a run says that it has 1073741824 of 4 values');
  });
});
