import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FenceHolder, Ledger, RunStart, Stamp } from '@lockstep/model';
import { EVALUATION_SCHEMA, prepareEvaluationTable } from './evaluation-table.ts';
import { addColumns, prepareRunTable, RUN_SCHEMA } from './run-table.ts';

/** How long a statement waits for another process, in milliseconds; all of them are short. */
const BUSY_MS = 30_000;

/** All tables; those that a file of an older version lacks are added. */
const SCHEMA = `
  create table if not exists fence (
    corpus text primary key, fence integer not null, run_id text not null, digest text not null) strict;
  create table if not exists stamp (
    corpus text not null, store text not null, digest text not null, nonce text not null, count integer not null,
    primary key (corpus, store)) strict;
  ${RUN_SCHEMA}
  ${EVALUATION_SCHEMA}`;

/**
 * The ledger in a SQLite file, used with the embedded Postgres, so that a load of points does not wait for the lock of
 * that database. Any number of processes may use it. The first call that writes creates the file.
 */
export function openSqliteLedger(path: string): Ledger {
  let opened: LedgerFile | undefined;
  const file = (): LedgerFile => (opened ??= openFile(path));
  const existingFile = (): LedgerFile | undefined => (opened === undefined && !existsSync(path) ? undefined : file());

  return {
    async ensure() {
      file();
    },
    async takeFence(corpus, run) {
      return file().takeFence(corpus, run);
    },
    async endRun(corpus, fence, end) {
      file().runs.finish(corpus, fence, end);
    },
    async runs(query) {
      return existingFile()?.runs.latest(query) ?? [];
    },
    async fenceHolder(corpus): Promise<FenceHolder | undefined> {
      const row = existingFile()?.readFence.get(corpus);
      if (row === undefined) return undefined;
      return { fence: Number(row['fence']), runId: String(row['run_id']), digest: String(row['digest']) };
    },
    async stamp(corpus, store): Promise<Stamp | undefined> {
      const row = existingFile()?.readStamp.get(corpus, store);
      if (row === undefined) return undefined;
      return { digest: String(row['digest']), nonce: String(row['nonce']), count: Number(row['count']) };
    },
    async writeStamp(corpus, store, { stamp, fence }) {
      const { changes } = file().writeStamp.run(corpus, store, stamp.digest, stamp.nonce, stamp.count, corpus, fence);
      return changes === 1;
    },
    async removeStamp(corpus, store) {
      file().removeStamp.run(corpus, store);
    },
    async addEvaluation(evaluation, scores) {
      file().evaluations.enter(evaluation, scores);
    },
    async evaluations(query) {
      return existingFile()?.evaluations.latest(query) ?? [];
    },
    async questionScores(evaluationId) {
      return existingFile()?.evaluations.scores(evaluationId);
    },
    async close() {
      opened?.database.close();
    },
  };
}

type LedgerFile = ReturnType<typeof openFile>;

/** The open file and its prepared statements. */
function openFile(path: string) {
  mkdirSync(dirname(path), { recursive: true });
  // Readable by its owner only; SQLite would make it as the process makes other files.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  // The default rollback journal is fast enough for few and tiny writes, and simpler than WAL.
  database.exec(`pragma synchronous = full; ${SCHEMA}`);
  addColumns(database);
  const runs = prepareRunTable(database);
  // Above the fence of every run in the table, so that none is used twice after somebody deleted one by hand.
  const nextFence = database.prepare(
    `insert into fence (corpus, fence, run_id, digest)
     values (?, max(?, coalesce((select max(fence) + 1 from run where corpus = ?), 0)), ?, ?)
     on conflict (corpus) do update set fence = max(fence.fence + 1, excluded.fence), run_id = excluded.run_id,
       digest = excluded.digest
     returning fence`,
  );

  return {
    database,
    runs,
    evaluations: prepareEvaluationTable(database),
    readFence: database.prepare('select fence, run_id, digest from fence where corpus = ?'),
    readStamp: database.prepare('select digest, nonce, count from stamp where corpus = ? and store = ?'),
    writeStamp: database.prepare(
      `insert into stamp (corpus, store, digest, nonce, count)
       select ?, ?, ?, ?, ? from fence where corpus = ? and fence = ?
       on conflict (corpus, store) do update set
         digest = excluded.digest, nonce = excluded.nonce, count = excluded.count`,
    ),
    removeStamp: database.prepare('delete from stamp where corpus = ? and store = ?'),
    /** Takes the fence and enters its run, both or neither. */
    takeFence(corpus: string, run: RunStart & { readonly atLeast: number }): number {
      database.exec('begin immediate');
      try {
        const fence = Number(nextFence.get(corpus, run.atLeast, corpus, run.runId, run.digest)?.['fence']);
        runs.enter(corpus, fence, run);
        database.exec('commit');
        return fence;
      } catch (error) {
        if (database.isTransaction) database.exec('rollback');
        throw error;
      }
    },
  };
}
