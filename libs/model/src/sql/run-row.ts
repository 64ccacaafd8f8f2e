import type { OverlongMode } from '../corpus-config.ts';
import { isJsonObject } from '../json.ts';
import type { RunEnd, RunRecord } from '../ledger/ledger.ts';
import type { RunWork } from '../ledger/run-work.ts';
import type { SqlRow } from './sql-client.ts';

/** The columns of the run table that say how a run ended, with their values. */
export function runEndColumns({ counts, ...end }: RunEnd): Readonly<Record<string, string | number | null>> {
  return {
    finished_at: end.finishedAt,
    outcome: end.outcome,
    error: end.error,
    input_count: counts.input,
    qdrant_count: counts.qdrant,
    neon_count: counts.neon,
    points_written: counts.pointsWritten,
    points_deleted: counts.pointsDeleted,
    rows_written: counts.rowsWritten,
    rows_deleted: counts.rowsDeleted,
    tokens_paid: end.tokensPaid,
    tokens_saved: end.tokensSaved,
    embedded_at: end.embeddedAt,
    work: end.work === undefined ? null : JSON.stringify(end.work),
  };
}

/** A run from its row of the run table, whose times are texts as in `RunRecord`. Numbers may be texts. */
export function toRunRecord(row: SqlRow): RunRecord {
  return {
    corpus: row['corpus'] as string,
    fence: Number(row['fence']),
    runId: row['run_id'] as string,
    kind: row['kind'] as RunRecord['kind'],
    digest: row['digest'] as string,
    model: row['model'] as string | null,
    qdrantTarget: row['qdrant_target'] as string | null,
    neonTarget: row['neon_target'] as string | null,
    startedAt: row['started_at'] as string,
    ...(row['overlong'] === null ? {} : { overlong: row['overlong'] as OverlongMode }),
    ...(row['input'] === null ? {} : { input: row['input'] as string }),
    ...(row['shape'] === null ? {} : { shape: row['shape'] as string }),
    ...(row['finished_at'] === null ? {} : { end: toRunEnd(row) }),
  };
}

function toRunEnd(row: SqlRow): RunEnd {
  const work = toRunWork(row['work']);
  const numberOf = (column: string): number | null => (row[column] === null ? null : Number(row[column]));
  return {
    finishedAt: row['finished_at'] as string,
    outcome: row['outcome'] as RunEnd['outcome'],
    error: row['error'] as RunEnd['error'],
    counts: {
      input: numberOf('input_count'),
      qdrant: numberOf('qdrant_count'),
      neon: numberOf('neon_count'),
      pointsWritten: numberOf('points_written'),
      pointsDeleted: numberOf('points_deleted'),
      rowsWritten: numberOf('rows_written'),
      rowsDeleted: numberOf('rows_deleted'),
    },
    tokensPaid: numberOf('tokens_paid'),
    tokensSaved: numberOf('tokens_saved'),
    embeddedAt: row['embedded_at'] as string | null,
    ...(work === undefined ? {} : { work }),
  };
}

/** What the stages did; undefined where nothing was recorded, or somebody changed it by hand. */
function toRunWork(value: unknown): RunWork | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const work: unknown = JSON.parse(value);
    return isJsonObject(work) && Array.isArray(work['stages']) ? (work as unknown as RunWork) : undefined;
  } catch {
    return undefined;
  }
}
