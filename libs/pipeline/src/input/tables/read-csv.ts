import { IndexingError, type JsonObject } from '@lockstep/model';
import { malformed } from '../json/scan-cursor.ts';
import type { InputRecord } from '../input-record.ts';

export interface ReadCsvOptions {
  readonly delimiter: string;
  /** Characters that a row may have. */
  readonly recordBytesMax: number;
}

/** UTF-16 units that are parsed at a time, at least. */
const PARSED_UNITS_MIN = 64 * 1024;

/** Columns of a table; every row has a value for each. */
const COLUMNS_MAX = 10_000;

interface Row {
  readonly cells: readonly string[];
  readonly faulty: boolean;
  /** 1-based line on which it starts. */
  readonly line: number;
}

/**
 * The rows of a table with a header, each an object of texts by the names of the columns; an empty cell is null. A column
 * without a name is `column_` and its number, from 1; so are all where the first row is plainly data. Rows of
 * blank lines are none. Memory is bounded by one row and one block.
 *
 * A row of one line with more cells than there are columns, or with a quote inside a quoted cell, is a problem of its own.
 * In a table with tabs such a quote means that none of its cells is quoted from there on. Fails with
 * `input-malformed` for two columns of one name, for too many, and for a quoted cell that does not end, and with `input-encoding`.
 */
export async function* readCsv(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadCsvOptions,
): AsyncGenerator<Iterable<InputRecord>> {
  let names: readonly string[] | undefined;
  let index = 0;
  for await (const rows of rowBatches(bytes, options)) {
    const records: InputRecord[] = [];
    for (const row of rows) {
      if (row.cells.every((cell) => cell.trim() === '')) continue;
      const isHeader = names === undefined && !isData(row.cells);
      if (names === undefined && row.cells.length > COLUMNS_MAX)
        throw malformed(`the first row has ${row.cells.length} cells, more than ${COLUMNS_MAX}`, row.line);
      names ??= isHeader ? columnNames(row) : row.cells.map(unnamed);
      if (isHeader) continue;
      records.push(recordOf(row, names, index));
      index += 1;
    }
    yield records;
  }
}

const unnamed = (_cell: string, at: number): string => `column_${at + 1}`;

/** Whether the first row cannot be a header: one cell is a number, and another a sentence. */
function isData(cells: readonly string[]): boolean {
  return cells.some((cell) => /^\s*\d+\s*$/.test(cell)) && cells.some((cell) => cell.trim().split(/\s+/).length > 3);
}

function columnNames({ cells, line }: Row): readonly string[] {
  const names = cells.map((cell, at) => cell.trim() || unnamed(cell, at));
  const met = new Set<string>();
  const twice = names.find((name) => met.size === met.add(name).size);
  if (twice !== undefined)
    throw malformed(`two columns of the header have the name ${JSON.stringify(twice.slice(0, 60))}`, line);
  return names;
}

function recordOf({ cells, faulty, line }: Row, names: readonly string[], index: number): InputRecord {
  const problem = (message: string): InputRecord => {
    return { index, line, value: undefined, nonFinite: 0, problem: { code: 'bad-row', message } };
  };
  if (faulty) return problem('expected a quote inside a quoted cell to be doubled');
  // Some programs end every row with a delimiter.
  if (cells.slice(names.length).some((cell) => cell.trim() !== ''))
    return problem(`expected at most ${names.length} cells, as the header has, found ${cells.length}`);
  // Not assigned key by key: a column may be named __proto__.
  const value = Object.fromEntries(names.map((name, at) => [name, cells[at] || null])) as JsonObject;
  return { index, line, value, nonFinite: 0 };
}

/** Parses block by block, and keeps the last row for the next, since more of it may come. */
async function* rowBatches(bytes: AsyncIterable<Uint8Array>, options: ReadCsvOptions): AsyncGenerator<readonly Row[]> {
  const { default: Papa } = await import('papaparse');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let parsedAt = PARSED_UNITS_MIN;
  let line = 1;
  let rowsBefore = 0;
  /** Old files of the Mac end lines with a carriage return alone. */
  let newline: '\n' | '\r' | undefined;
  /** Many tables with tabs never quote: the first quote that quotes no whole cell shows it, and then each is a character. */
  let quoteChar: '"' | '\0' = '"';
  const isUnquoted = (): boolean => {
    if (options.delimiter !== '\t' || quoteChar === '\0') return false;
    quoteChar = '\0';
    return true;
  };

  function rowsOf(text: string, last: boolean): readonly Row[] {
    newline ??= !text.includes('\n') && text.includes('\r') ? '\r' : '\n';
    const found: { cells: string[]; codes: readonly string[]; end: number }[] = [];
    Papa.parse(text, {
      delimiter: options.delimiter,
      newline,
      quoteChar,
      step: ({ data, errors, meta }) =>
        found.push({ cells: data, codes: errors.map(({ code }) => code), end: meta.cursor }),
    });
    if (!last) found.pop();
    const rows: Row[] = [];
    let from = 0;
    for (const { cells, codes, end } of found) {
      const faulty = codes.includes('InvalidQuotes');
      const open = codes.includes('MissingQuotes');
      if ((faulty || open) && isUnquoted()) return [...rows, ...rowsOf(text.slice(from), last)];
      if (open) throw malformed('a quoted cell is not closed', line, rowsBefore - 1);
      const lines = linesOf(text, from, end);
      // It may have swallowed the rows after it.
      if (faulty && lines > 1)
        throw malformed('a quote inside a quoted cell of several lines is not doubled', line, rowsBefore - 1);
      const at = cells.length - 1;
      if (cells[at]?.endsWith('\r')) cells[at] = cells[at].slice(0, -1);
      rows.push({ cells, faulty, line });
      line += lines;
      from = end;
      rowsBefore += 1;
    }
    rest = text.slice(from);
    const tooLong = rest.length > options.recordBytesMax;
    if (tooLong && isUnquoted()) return [...rows, ...rowsOf(rest, last)];
    if (tooLong)
      throw malformed(
        `no row ends within ${options.recordBytesMax} characters; is a quote not closed`,
        line,
        rowsBefore - 1,
      );
    return rows;
  }

  const decode = (block?: Uint8Array): string => {
    try {
      return decoder.decode(block, { stream: block !== undefined });
    } catch {
      throw new IndexingError({
        code: 'input-encoding',
        message: `Expected UTF-8, found other bytes in the rows after line ${line}.`,
      });
    }
  };
  for await (const block of bytes) {
    const text = rest + decode(block);
    // A row that does not end is not parsed again with every block.
    if (text.length < parsedAt) rest = text;
    else {
      yield rowsOf(text, false);
      parsedAt = Math.max(PARSED_UNITS_MIN, 2 * rest.length);
    }
  }
  yield rowsOf(rest + decode(), true);
}

/** Line feeds in a part of a text. */
function linesOf(text: string, from: number, end: number): number {
  let lines = 0;
  for (let feed = text.indexOf('\n', from); feed >= 0 && feed < end; feed = text.indexOf('\n', feed + 1)) lines += 1;
  return lines;
}
