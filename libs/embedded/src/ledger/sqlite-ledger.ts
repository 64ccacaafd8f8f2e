import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type FenceHolder, type Ledger, type Stamp } from '@lockstep/model';

/** How long a statement waits for another process, in milliseconds; all of them are short. */
const BUSY_MS = 30_000;

const SCHEMA = `
  create table if not exists fence (
    corpus text primary key, fence integer not null, run_id text not null, digest text not null) strict;
  create table if not exists stamp (
    corpus text not null, store text not null, digest text not null, nonce text not null, count integer not null,
    primary key (corpus, store)) strict;`;

/**
 * The ledger as a SQLite file, for rows that are embedded: a load of points then does not wait for the lock of the
 * embedded Postgres. Any number of processes may use it.
 */
export function openSqliteLedger(path: string): Ledger {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  // A rollback journal: no switch to WAL to get wrong, and the few writes are tiny.
  database.exec(`pragma synchronous = full; ${SCHEMA}`);
  const takeFence = database.prepare(
    `insert into fence (corpus, fence, run_id, digest) values (?, ?, ?, ?)
     on conflict (corpus) do update set fence = max(fence.fence + 1, excluded.fence), run_id = excluded.run_id,
       digest = excluded.digest
     returning fence`,
  );
  const readFence = database.prepare('select fence, run_id, digest from fence where corpus = ?');
  const readStamp = database.prepare('select digest, nonce, count from stamp where corpus = ? and store = ?');
  const writeStamp = database.prepare(
    `insert into stamp (corpus, store, digest, nonce, count)
     select ?, ?, ?, ?, ? from fence where corpus = ? and fence = ?
     on conflict (corpus, store) do update set digest = excluded.digest, nonce = excluded.nonce, count = excluded.count`,
  );
  const removeStamp = database.prepare('delete from stamp where corpus = ? and store = ?');

  return {
    async ensure() {},
    async takeFence(corpus, { runId, digest, atLeast }) {
      return Number(takeFence.get(corpus, atLeast, runId, digest)?.['fence']);
    },
    async fenceHolder(corpus): Promise<FenceHolder | undefined> {
      const row = readFence.get(corpus);
      if (row === undefined) return undefined;
      return { fence: Number(row['fence']), runId: String(row['run_id']), digest: String(row['digest']) };
    },
    async stamp(corpus, store): Promise<Stamp | undefined> {
      const row = readStamp.get(corpus, store);
      if (row === undefined) return undefined;
      return { digest: String(row['digest']), nonce: String(row['nonce']), count: Number(row['count']) };
    },
    async writeStamp(corpus, store, { stamp, fence }) {
      const { changes } = writeStamp.run(corpus, store, stamp.digest, stamp.nonce, stamp.count, corpus, fence);
      return changes === 1;
    },
    async removeStamp(corpus, store) {
      removeStamp.run(corpus, store);
    },
    async close() {
      database.close();
    },
  };
}
