import type { RunEnd, RunKind, RunOutcome, RunRecord, RunStart, SqlRow, Statement } from '@lockstep/model';

/**
 * Takes the next fence of a corpus and enters its run, both or neither; gives the `fence`. It lies above every run that
 * the table holds, so that a corpus whose fence was removed by hand goes on too.
 */
export function enterRun(corpus: string, run: RunStart & { readonly atLeast: number }): Statement {
  return [
    `with taken as (
       insert into lockstep_fence as held (corpus, fence, run_id, digest)
       values ($1, greatest($2, (select max(fence) + 1 from lockstep_run where corpus = $1)), $3, $4)
       on conflict (corpus) do update set fence = greatest(held.fence + 1, excluded.fence),
         run_id = excluded.run_id, digest = excluded.digest, taken_at = now()
       returning fence)
     insert into lockstep_run (corpus, fence, run_id, digest, kind, model, qdrant_target, neon_target, started_at)
     select $1, fence, $3, $4, $5, $6, $7, $8, $9 from taken
     returning fence`,
    [corpus, run.atLeast, run.runId, run.digest, run.kind, run.model, run.qdrantTarget, run.neonTarget, run.startedAt],
  ];
}

/** Says how a run ended, if nobody has said so yet. */
export function finishRun(corpus: string, fence: number, { counts, ...end }: RunEnd): Statement {
  return [
    `update lockstep_run set finished_at = $3, outcome = $4, error = $5, input_count = $6, qdrant_count = $7,
       neon_count = $8, points_written = $9, points_deleted = $10, rows_written = $11, rows_deleted = $12,
       tokens_paid = $13, tokens_saved = $14, embedded_at = $15
     where corpus = $1 and fence = $2 and finished_at is null`,
    [
      corpus,
      fence,
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
    ],
  ];
}

const isoTime = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`;

/** The latest runs, for `toRunRecord`: last started first, and of those that started at once the highest fence. */
export function latestRuns({ corpus, limit }: { readonly corpus?: string; readonly limit: number }): Statement {
  return [
    `select corpus, fence, run_id, kind, digest, model, qdrant_target, neon_target, ${isoTime('started_at')},
       ${isoTime('finished_at')}, outcome, error, input_count, qdrant_count, neon_count, points_written, points_deleted,
       rows_written, rows_deleted, tokens_paid, tokens_saved, ${isoTime('embedded_at')}
     from lockstep_run as run where corpus = coalesce($1, corpus)
     order by run.started_at desc, run.fence desc limit $2`,
    [corpus ?? null, limit],
  ];
}

/** A row of `latestRuns` as a run. */
export function toRunRecord(row: SqlRow): RunRecord {
  return {
    corpus: row['corpus'] as string,
    fence: Number(row['fence']),
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

function toRunEnd(row: SqlRow): RunEnd {
  // Bigints come as texts.
  const numberOf = (column: string): number | null => (row[column] === null ? null : Number(row[column]));
  return {
    finishedAt: row['finished_at'] as string,
    outcome: row['outcome'] as RunOutcome,
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
  };
}
