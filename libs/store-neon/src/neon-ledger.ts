import {
  sqlStateOf,
  toEvaluationRecord,
  toQuestionScores,
  toRunRecord,
  type FenceHolder,
  type Ledger,
  type SqlClient,
  type Stamp,
} from '@lockstep/model';
import { enterEvaluation, latestEvaluations } from './evaluation-table.ts';
import { migrate } from './migrate.ts';
import { LEDGER_MIGRATIONS } from './migrations/ledger.ts';
import { queryExistingTable } from './query-existing-table.ts';
import { enterRun, finishRun, latestRuns } from './run-table.ts';

const UNDEFINED_COLUMN = '42703';

/** The ledger as tables beside the rows. */
export function createNeonLedger(sql: SqlClient): Ledger {
  const ensure: Ledger['ensure'] = (options) => migrate(sql, 'ledger', LEDGER_MIGRATIONS, options);
  return {
    ensure,
    async takeFence(corpus, run, options) {
      const [row] = await sql.query(enterRun(corpus, run), options);
      return Number(row?.['fence']);
    },
    async endRun(corpus, fence, end, options) {
      const finish = finishRun(corpus, fence, end);
      try {
        await sql.query(finish, options);
      } catch (error) {
        // The run began with an earlier version, whose table lacks a column.
        if (sqlStateOf(error) !== UNDEFINED_COLUMN) throw error;
        await ensure(options);
        await sql.query(finish, options);
      }
    },
    async runs(query, options) {
      return (await queryExistingTable(sql, latestRuns(query), options)).map(toRunRecord);
    },
    async fenceHolder(corpus, options): Promise<FenceHolder | undefined> {
      const [row] = await queryExistingTable(
        sql,
        ['select fence, run_id, digest from lockstep_fence where corpus = $1', [corpus]],
        options,
      );
      if (row === undefined) return undefined;
      return { fence: Number(row['fence']), runId: String(row['run_id']), digest: String(row['digest']) };
    },
    async stamp(corpus, store, options): Promise<Stamp | undefined> {
      const [row] = await queryExistingTable(
        sql,
        ['select digest, nonce, count from lockstep_stamp where corpus = $1 and store = $2', [corpus, store]],
        options,
      );
      if (row === undefined) return undefined;
      return { digest: String(row['digest']), nonce: String(row['nonce']), count: Number(row['count']) };
    },
    async writeStamp(corpus, store, { stamp, fence }, options) {
      const rows = await sql.query(
        [
          `insert into lockstep_stamp (corpus, store, digest, nonce, count)
           select $1, $2, $3, $4, $5 from lockstep_fence where corpus = $1 and fence = $6 for share
           on conflict (corpus, store) do update set
             digest = excluded.digest, nonce = excluded.nonce, count = excluded.count, written_at = now()
           returning corpus`,
          [corpus, store, stamp.digest, stamp.nonce, stamp.count, fence],
        ],
        options,
      );
      return rows.length === 1;
    },
    async removeStamp(corpus, store, options) {
      await sql.query(['delete from lockstep_stamp where corpus = $1 and store = $2', [corpus, store]], options);
    },
    async addEvaluation(evaluation, scores, options) {
      await sql.query(enterEvaluation(evaluation, scores), options);
    },
    async evaluations(query, options) {
      return (await queryExistingTable(sql, latestEvaluations(query), options)).map(toEvaluationRecord);
    },
    async questionScores(evaluationId, options) {
      const [row] = await queryExistingTable(
        sql,
        ['select scores from lockstep_evaluation where evaluation_id = $1', [evaluationId]],
        options,
      );
      return row === undefined ? undefined : toQuestionScores(row);
    },
    async close() {},
  };
}
