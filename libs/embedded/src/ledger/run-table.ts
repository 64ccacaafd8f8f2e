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

/**
 * Adds the column `overlong`, which the table of an earlier version lacks: what the run did with texts that are too long,
 * null in a drop and in runs of such a version, which goes on working with the column there.
 */
export function addOverlongColumn(database: DatabaseSync): void {
  const isThere = database.prepare(`select 1 from pragma_table_info('run') where name = 'overlong'`);
  if (isThere.get() !== undefined) return;
  // Another process may be adding it.
  database.exec('begin immediate');
  if (isThere.get() === undefined) database.exec('alter table run add column overlong text');
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
    `insert into run (corpus, fence, run_id, kind, digest, model, qdrant_target, neon_target, started_at, overlong)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const finish = database.prepare(
    `update run set finished_at = :finished_at, outcome = :outcome, error = :error, input_count = :input_count,
       qdrant_count = :qdrant_count, neon_count = :neon_count, points_written = :points_written,
       points_deleted = :points_deleted, rows_written = :rows_written, rows_deleted = :rows_deleted,
       tokens_paid = :tokens_paid, tokens_saved = :tokens_saved, embedded_at = :embedded_at
     where corpus = :corpus and fence = :fence and finished_at is null`,
  );
  const latest = database.prepare(
    'select * from run where corpus = coalesce(?, corpus) order by started_at desc, fence desc limit ?',
  );

  return {
    enter(corpus, fence, { runId, kind, digest, model, qdrantTarget, neonTarget, startedAt, overlong = null }) {
      enter.run(corpus, fence, runId, kind, digest, model, qdrantTarget, neonTarget, startedAt, overlong);
    },
    finish(corpus, fence, end) {
      finish.run({ corpus, fence, ...runEndColumns(end) });
    },
    latest: ({ corpus, limit }) => latest.all(corpus ?? null, limit).map(toRunRecord),
  };
}
