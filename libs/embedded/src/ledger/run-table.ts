import type { DatabaseSync } from 'node:sqlite';
import { runEndColumns, toRunRecord, type RunEnd, type RunRecord, type RunStart } from '@lockstep/model';

/**
 * The run table. Times are texts in ISO 8601, UTC, with milliseconds, so that they sort by time. The columns from
 * `finished_at` on are null until the run ends.
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

/** Columns that were added later: null in a drop, and in runs of versions that did not have them. */
const ADDED_COLUMNS = ['overlong', 'input', 'shape', 'work'];

/** Adds the columns that the table of an earlier version lacks; such a version goes on working with them there. */
export function addColumns(database: DatabaseSync): void {
  const isThere = database.prepare(`select 1 from pragma_table_info('run') where name = ?`);
  const missing = (): readonly string[] => ADDED_COLUMNS.filter((column) => isThere.get(column) === undefined);
  if (missing().length === 0) return;
  // Another process may be adding them.
  database.exec('begin immediate');
  for (const column of missing()) database.exec(`alter table run add column ${column} text`);
  database.exec('commit');
}

/** Statements over the run table of one open database. */
export interface RunTable {
  /** Enters a run with its fence. */
  enter(corpus: string, fence: number, run: RunStart): void;
  /** Records how a run ended, unless that is recorded already. */
  finish(corpus: string, fence: number, end: RunEnd): void;
  /** Last started first, and runs that started at the same time by falling fence. */
  latest(query: { readonly corpus?: string; readonly limit: number }): RunRecord[];
}

/** Prepares the statements; the table must exist. */
export function prepareRunTable(database: DatabaseSync): RunTable {
  const enter = database.prepare(
    `insert into run (corpus, fence, run_id, kind, digest, model, qdrant_target, neon_target, started_at, overlong,
       input, shape)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const finish = database.prepare(
    `update run set finished_at = :finished_at, outcome = :outcome, error = :error, input_count = :input_count,
       qdrant_count = :qdrant_count, neon_count = :neon_count, points_written = :points_written,
       points_deleted = :points_deleted, rows_written = :rows_written, rows_deleted = :rows_deleted,
       tokens_paid = :tokens_paid, tokens_saved = :tokens_saved, embedded_at = :embedded_at, work = :work
     where corpus = :corpus and fence = :fence and finished_at is null`,
  );
  const latest = database.prepare(
    'select * from run where corpus = coalesce(?, corpus) order by started_at desc, fence desc limit ?',
  );

  return {
    enter(corpus, fence, { overlong = null, input = null, shape = null, ...run }) {
      const { runId, kind, digest, model, qdrantTarget, neonTarget, startedAt } = run;
      const added = [overlong, input, shape];
      enter.run(corpus, fence, runId, kind, digest, model, qdrantTarget, neonTarget, startedAt, ...added);
    },
    finish(corpus, fence, end) {
      finish.run({ corpus, fence, ...runEndColumns(end) });
    },
    latest: ({ corpus, limit }) => latest.all(corpus ?? null, limit).map(toRunRecord),
  };
}
