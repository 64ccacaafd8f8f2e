import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { FILES, type Difference, type ValidateReceipt, type VerifyReceipt } from '@lockstep/pipeline';
import {
  DIFFERENCE_COLUMNS,
  fairShares,
  packTable,
  REJECT_COLUMNS,
  shortened,
  type CellValue,
  type ListedTable,
} from '@lockstep/report';
import { readJson } from '../settings/workspace-corpora.ts';

/** The files of a corpus on this machine. */
export interface CorpusFiles {
  readonly corpus: string;
  readonly folder: string;
}

/** What a report lists at most: more than anybody reads, and no page is slow with it. */
const REJECTS_MAX = 100_000;
const DIFFERENCES_MAX = 20_000;

/** Letters of a packed list in the page: all of it is to stay below 5 MB. */
const REJECTS_LETTERS_MAX = 3_500_000;
const DIFFERENCES_LETTERS_MAX = 750_000;

/** Most UTF-16 units of a value in a list. */
const CELL_UNITS = 300;

const deflate = promisify(deflateRaw);

type Row = readonly CellValue[];

/** Records that the last validate of each corpus on this machine rejected, shared fairly among the corpora where there are too many. */
export async function listRejects(corpora: readonly CorpusFiles[]): Promise<ListedTable> {
  const counts = corpora.map(
    ({ folder }) => readJson<ValidateReceipt>(join(folder, FILES.validateReceipt))?.rejected ?? 0,
  );
  const shares = fairShares(counts, REJECTS_MAX);
  const rows: Row[][] = [];
  for (const [at, { corpus, folder }] of corpora.entries()) {
    rows.push(await rejectsIn(join(folder, FILES.rejects), corpus, shares[at] as number));
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  return listed(REJECT_COLUMNS, rows, { total, lettersMax: REJECTS_LETTERS_MAX });
}

/** A line of `rejects.jsonl`. */
interface RejectLine {
  readonly file?: string;
  readonly index: number | null;
  readonly line: number | null;
  readonly chunk_id: string | null;
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
}

async function rejectsIn(path: string, corpus: string, max: number): Promise<Row[]> {
  const rows: Row[] = [];
  if (max === 0 || !existsSync(path)) return rows;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const line of lines) {
    if (rows.length >= max) break;
    const reject = rejectOf(line);
    if (reject === undefined || reject.code === 'not-listed') continue;
    const { file = null, line: place, index, chunk_id: chunk, code, field, message } = reject;
    rows.push([corpus, cell(file), place, index, cell(chunk), code, cell(field), cell(message)]);
  }
  lines.close();
  return rows;
}

/** A damaged line lists nothing. */
function rejectOf(line: string): RejectLine | undefined {
  try {
    return JSON.parse(line) as RejectLine;
  } catch {
    return undefined;
  }
}

/** What the last verify of each corpus on this machine found, shared among the corpora like the rejected records. */
export async function listDifferences(corpora: readonly CorpusFiles[]): Promise<ListedTable> {
  const verified = corpora.map(({ folder }) => readJson<VerifyReceipt>(join(folder, FILES.verifyReceipt)));
  const counts = verified.map((receipt) => receipt?.differencesCount ?? 0);
  const shares = fairShares(counts, DIFFERENCES_MAX);
  const rows = verified.map((receipt, at) =>
    (receipt?.differences ?? [])
      .slice(0, shares[at])
      .map((difference) => differenceRow((corpora[at] as CorpusFiles).corpus, difference)),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  return listed(DIFFERENCE_COLUMNS, rows, { total, lettersMax: DIFFERENCES_LETTERS_MAX });
}

function differenceRow(corpus: string, { store, kind, chunk_id, point_id, fields }: Difference): Row {
  return [corpus, store, kind, cell(chunk_id), cell(point_id), cell(fields.join(', '))];
}

function cell(text: string | null): string | null {
  return text === null || text === '' ? null : shortened(text, CELL_UNITS);
}

/** Packs rows of several corpora; where they take too much space, as many of each as fit. */
async function listed(
  names: readonly string[],
  rows: readonly (readonly Row[])[],
  { total, lettersMax }: { readonly total: number; readonly lettersMax: number },
): Promise<ListedTable> {
  const counts = rows.map(({ length }) => length);
  let limit = counts.reduce((sum, count) => sum + count, 0);
  for (;;) {
    const shares = fairShares(counts, limit);
    const all = rows.flatMap((own, at) => own.slice(0, shares[at]));
    const columns = Object.fromEntries(names.map((name, at) => [name, all.map((row) => row[at] ?? null)]));
    const table = await packTable(columns, deflate);
    if (table.deflated.length <= lettersMax) return { table, listed: all.length, total: Math.max(total, all.length) };
    limit = Math.floor(limit * Math.min(0.9, lettersMax / table.deflated.length));
  }
}
