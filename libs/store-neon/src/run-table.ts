import { runEndColumns, type RunEnd, type RunStart, type Statement } from '@lockstep/model';

/**
 * Takes the next fence of a corpus and enters its run, both or neither; returns the `fence`. It is above that of
 * every run in the table, so that no fence is used twice after somebody deleted the current one by hand.
 */
export function enterRun(corpus: string, run: RunStart & { readonly atLeast: number }): Statement {
  return [
    `with taken as (
       insert into lockstep_fence as stored (corpus, fence, run_id, digest)
       values ($1, greatest($2, (select max(fence) + 1 from lockstep_run where corpus = $1)), $3, $4)
       on conflict (corpus) do update set fence = greatest(stored.fence + 1, excluded.fence),
         run_id = excluded.run_id, digest = excluded.digest, taken_at = now()
       returning fence)
     insert into lockstep_run
       (corpus, fence, run_id, digest, kind, model, qdrant_target, neon_target, started_at, overlong, input, shape)
     select $1, fence, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from taken
     returning fence`,
    [
      corpus,
      run.atLeast,
      run.runId,
      run.digest,
      run.kind,
      run.model,
      run.qdrantTarget,
      run.neonTarget,
      run.startedAt,
      run.overlong ?? null,
      run.input ?? null,
      run.shape ?? null,
    ],
  ];
}

/** Records how a run ended, unless that is recorded already. */
export function finishRun(corpus: string, fence: number, end: RunEnd): Statement {
  const columns = Object.entries(runEndColumns(end));
  return [
    `update lockstep_run set ${columns.map(([column], at) => `${column} = $${at + 3}`).join(', ')}
     where corpus = $1 and fence = $2 and finished_at is null`,
    [corpus, fence, ...columns.map(([, value]) => value)],
  ];
}

const isoTime = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`;

/**
 * The latest runs, for `toRunRecord`. A table that an earlier version made lacks the columns that were added later before the
 * next run: they are read through the row as JSON. Last started first, and runs that started at the same time by falling fence.
 */
export function latestRuns({ corpus, limit }: { readonly corpus?: string; readonly limit: number }): Statement {
  return [
    `select corpus, fence, run_id, kind, digest, model, qdrant_target, neon_target, ${isoTime('started_at')},
       ${isoTime('finished_at')}, outcome, error, input_count, qdrant_count, neon_count, points_written, points_deleted,
       rows_written, rows_deleted, tokens_paid, tokens_saved, ${isoTime('embedded_at')}, to_jsonb(run) ->> 'overlong' as overlong,
       to_jsonb(run) ->> 'input' as input, to_jsonb(run) ->> 'shape' as shape,
       to_jsonb(run) ->> 'work' as work
     from lockstep_run as run where corpus = coalesce($1, corpus)
     order by run.started_at desc, run.fence desc limit $2`,
    [corpus ?? null, limit],
  ];
}
