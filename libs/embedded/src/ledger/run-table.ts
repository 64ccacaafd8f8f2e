import type { DatabaseSync } from 'node:sqlite';
import type { RunEnd, RunKind, RunOutcome, RunRecord, RunStart } from '@lockstep/model';

/**
 * The run table. Times are ISO 8601 in UTC with milliseconds, whose order as texts is that in time. The columns from
 * `finished_at` on stay null while a run is under way.
 */
export const RUN_SCHEMA = `
  create table if not exists run (
    corpus text not null, fence integer not null, run_id text not null, kind text not null, digest text not null,
    model text, qdrant_target text, neon_target text, started_at text not null,
    finished_at text, outcome text, error text, input_count integer, qdrant_count integer, neon_count integer,
    points_written integer, points_deleted integer, rows_written integer, rows_deleted integer,
    tokens_paid integer, tokens_saved integer, embedded_at text,
    primary key (corpus, fence)) strict;
  create index if not exists run_started on run (started_at desc, fence desc);`;

/** Statements over the run table of one open database. */
export interface RunTable {
  /** Enters a run under its fence. */
  enter(corpus: string, fence: number, run: RunStart): void;
  /** Says how a run ended, if nobody has said so yet. */
  finish(corpus: string, fence: number, end: RunEnd): void;
  /** Last started first, and of runs that started at once the highest fence. */
  latest(query: { readonly corpus?: string; readonly limit: number }): RunRecord[];
}

/** Prepares the statements; the table must be there. */
export function prepareRunTable(database: DatabaseSync): RunTable {
  const enter = database.prepare(
    `insert into run (corpus, fence, run_id, kind, digest, model, qdrant_target, neon_target, started_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const finish = database.prepare(
    `update run set finished_at = ?, outcome = ?, error = ?, input_count = ?, qdrant_count = ?, neon_count = ?,
       points_written = ?, points_deleted = ?, rows_written = ?, rows_deleted = ?,
       tokens_paid = ?, tokens_saved = ?, embedded_at = ?
     where corpus = ? and fence = ? and finished_at is null`,
  );
  const latest = database.prepare(
    'select * from run where corpus = coalesce(?, corpus) order by started_at desc, fence desc limit ?',
  );

  return {
    enter(corpus, fence, { runId, kind, digest, model, qdrantTarget, neonTarget, startedAt }) {
      enter.run(corpus, fence, runId, kind, digest, model, qdrantTarget, neonTarget, startedAt);
    },
    finish(corpus, fence, { counts, ...end }) {
      finish.run(
        end.finishedAt,
        end.outcome,
        end.error,
        counts.input,
        counts.qdrant,
        counts.neon,
        counts.pointsWritten,
        counts.pointsDeleted,
        counts.rowsWritten,
        counts.rowsDeleted,
        end.tokensPaid,
        end.tokensSaved,
        end.embeddedAt,
        corpus,
        fence,
      );
    },
    latest: ({ corpus, limit }) => latest.all(corpus ?? null, limit).map(toRunRecord),
  };
}

type Columns = Readonly<Record<string, unknown>>;

function toRunRecord(row: Columns): RunRecord {
  return {
    corpus: row['corpus'] as string,
    fence: row['fence'] as number,
    runId: row['run_id'] as string,
    kind: row['kind'] as RunKind,
    digest: row['digest'] as string,
    model: row['model'] as string | null,
    qdrantTarget: row['qdrant_target'] as string | null,
    neonTarget: row['neon_target'] as string | null,
    startedAt: row['started_at'] as string,
    ...(row['finished_at'] === null ? {} : { end: toRunEnd(row) }),
  };
}

function toRunEnd(row: Columns): RunEnd {
  return {
    finishedAt: row['finished_at'] as string,
    outcome: row['outcome'] as RunOutcome,
    error: row['error'] as RunEnd['error'],
    counts: {
      input: row['input_count'] as number | null,
      qdrant: row['qdrant_count'] as number | null,
      neon: row['neon_count'] as number | null,
      pointsWritten: row['points_written'] as number | null,
      pointsDeleted: row['points_deleted'] as number | null,
      rowsWritten: row['rows_written'] as number | null,
      rowsDeleted: row['rows_deleted'] as number | null,
    },
    tokensPaid: row['tokens_paid'] as number | null,
    tokensSaved: row['tokens_saved'] as number | null,
    embeddedAt: row['embedded_at'] as string | null,
  };
}
