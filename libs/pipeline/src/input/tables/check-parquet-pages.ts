import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from 'hyparquet/src/schema.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import type { ColumnMetaData, Compressors, FileMetaData, PageHeader, RowGroup } from 'hyparquet/src/index.js';

/** Values that a column may have in a row group; lists have more values than the group has rows. */
const VALUES_MAX = 100_000_000;

/** Bytes of an unpacked page, at most. */
const PAGE_BYTES_MAX = 512 * 1024 * 1024;

const DICTIONARY_ENCODINGS: readonly unknown[] = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'];

interface ByteReader {
  readonly view: DataView;
  offset: number;
}

/** What a page may hold, as the column around it says. */
interface PageLimits {
  readonly values: number;
  readonly maxDefinitionLevel: number;
  readonly maxRepetitionLevel: number;
}

/**
 * Checks the pages of a row group before hyparquet reads them, since it believes the counts in them: a run of 2^30 values in
 * a damaged page would not end. Afterwards no page has more values than the column, no run more than its page, and the
 * pages as many as the column says. Fails with what is wrong; damaged values are not found.
 */
export async function checkParquetPages(
  file: { slice(from: number, to: number): Promise<ArrayBuffer> },
  { schema }: FileMetaData,
  group: RowGroup,
  compressors: Compressors,
): Promise<void> {
  const rows = Number(group.num_rows);
  for (const { meta_data: meta } of group.columns) {
    if (meta === undefined) throw new Error('a column has no metadata');
    const path = getSchemaPath(schema, meta.path_in_schema);
    const maxRepetitionLevel = getMaxRepetitionLevel(path);
    const values = Number(meta.num_values);
    if (!(values >= 0 && values <= VALUES_MAX) || (maxRepetitionLevel === 0 && values !== rows))
      throw new Error(`column ${meta.path_in_schema.join('.')} says that it has ${values} values in ${rows} rows`);
    const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
    const bytes = await file.slice(start, start + Number(meta.total_compressed_size));
    const limits = { values, maxDefinitionLevel: getMaxDefinitionLevel(path), maxRepetitionLevel };
    const found = checkColumn(new Uint8Array(bytes), meta, limits, compressors);
    if (found !== values)
      throw new Error(`column ${meta.path_in_schema.join('.')} has ${found} values in place of ${values}`);
  }
}

/** How many values the pages of a column have. */
function checkColumn(bytes: Uint8Array, meta: ColumnMetaData, limits: PageLimits, compressors: Compressors): number {
  const reader: ByteReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let values = 0;
  // As hyparquet reads them: a last byte alone is no page.
  while (values < limits.values && reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: unpackedSize } = header;
    if (!(size >= 0 && reader.offset + size <= bytes.length && unpackedSize >= 0 && unpackedSize <= PAGE_BYTES_MAX))
      throw new Error(`a page says that it has ${size} bytes, and ${unpackedSize} unpacked`);
    const packed = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    values += checkPage(packed, header, meta, limits, compressors);
  }
  return values;
}

function checkPage(
  packed: Uint8Array,
  header: PageHeader,
  meta: ColumnMetaData,
  limits: PageLimits,
  compressors: Compressors,
): number {
  const { dictionary_page_header: dictionary, data_page_header: first, data_page_header_v2: second } = header;
  const unpack = (bytes: Uint8Array, size: number): ByteReader => {
    const page = decompressPage(bytes, size, meta.codec, compressors);
    return { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
  };
  if (header.type === 'DICTIONARY_PAGE') {
    // Each value has a bit at least.
    countOf(dictionary?.num_values, header.uncompressed_page_size * 8);
    return 0;
  }
  const { maxDefinitionLevel, maxRepetitionLevel } = limits;
  if (header.type === 'DATA_PAGE') {
    const count = countOf(first?.num_values, limits.values);
    const page = unpack(packed, header.uncompressed_page_size);
    if (maxRepetitionLevel > 0) checkLevels(page, maxRepetitionLevel, count);
    if (maxDefinitionLevel > 0) checkLevels(page, maxDefinitionLevel, count);
    checkValues(page, first?.encoding, meta.type, count);
    return count;
  }
  if (header.type !== 'DATA_PAGE_V2') throw new Error(`a page has the type ${header.type}`);
  const count = countOf(second?.num_values, limits.values);
  countOf(second?.num_nulls, count);
  countOf(second?.num_rows, count);
  const repetitionBytes = countOf(second?.repetition_levels_byte_length, packed.length);
  const definitionBytes = countOf(second?.definition_levels_byte_length, packed.length - repetitionBytes);
  const levels: ByteReader = { view: new DataView(packed.buffer, packed.byteOffset, packed.byteLength), offset: 0 };
  if (maxRepetitionLevel > 0) checkRuns(levels, bitWidth(maxRepetitionLevel), count, repetitionBytes);
  if (maxDefinitionLevel > 0)
    checkRuns(levels, bitWidth(maxDefinitionLevel), count, repetitionBytes + definitionBytes, repetitionBytes);
  const data = packed.subarray(repetitionBytes + definitionBytes);
  const size = header.uncompressed_page_size - repetitionBytes - definitionBytes;
  const isPacked = second?.is_compressed !== false && size > 0;
  const page = isPacked
    ? unpack(data, size)
    : { view: new DataView(data.buffer, data.byteOffset, data.byteLength), offset: 0 };
  checkValues(page, second?.encoding, meta.type, count);
  return count;
}

function countOf(count: number | undefined, max: number): number {
  if (count === undefined || !(count >= 0 && count <= max))
    throw new Error(`a page says that it has ${count} of ${max}`);
  return count;
}

/** Levels of the first version of pages, which begin with the length of their bytes. */
function checkLevels(page: ByteReader, maxLevel: number, count: number): void {
  const start = page.offset + 4;
  const end = start + page.view.getUint32(page.offset, true);
  checkRuns(page, bitWidth(maxLevel), count, end, start);
  page.offset = end;
}

function checkValues(page: ByteReader, encoding: unknown, type: string, count: number): void {
  if (page.offset >= page.view.byteLength) return;
  if (DICTIONARY_ENCODINGS.includes(encoding) && type !== 'BOOLEAN') {
    const width = page.view.getUint8(page.offset);
    checkRuns(page, width, count, page.view.byteLength, page.offset + 1);
  } else if (encoding === 'RLE' || DICTIONARY_ENCODINGS.includes(encoding)) checkLevels(page, 1, count);
}

/** Goes through the runs of a run-length encoding; none may have more values than the page. */
function checkRuns(reader: ByteReader, width: number, count: number, end: number, start = reader.offset): void {
  if (!(end >= start && end <= reader.view.byteLength)) throw new Error('runs end outside their page');
  reader.offset = start;
  // A bit-packed run has a multiple of eight values, the last of which may be none.
  for (let seen = 0; seen < count && reader.offset < end;) {
    const run = readVarInt(reader);
    const isPacked = (run & 1) === 1;
    const values = isPacked ? (run >>> 1) * 8 : run >>> 1;
    if (values > count + 7) throw new Error(`a run says that it has ${values} of ${count} values`);
    reader.offset += isPacked ? (run >>> 1) * width : Math.ceil(width / 8);
    seen += values;
  }
}

/** Bits of a level. */
function bitWidth(level: number): number {
  return 32 - Math.clz32(level);
}
