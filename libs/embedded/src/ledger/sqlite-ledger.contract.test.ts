import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunStart } from '@lockstep/model';
import { ledgerSuite } from '@lockstep/testing-ports';
import { openSqliteLedger } from './sqlite-ledger.ts';

let folder: string;
let files = 0;
const newPath = (): string => join(folder, `ledger-${(files += 1)}`, 'ledger.sqlite');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterAll(() => rm(folder, { recursive: true }));

const START: RunStart = {
  runId: 'one',
  kind: 'load',
  digest: 'd',
  model: null,
  qdrantTarget: null,
  neonTarget: null,
  startedAt: '2026-01-02T03:04:05.006Z',
};
const RUN = { ...START, atLeast: 1 };

ledgerSuite('a ledger in a SQLite file', async () => {
  const path = newPath();
  return {
    open: async () => openSqliteLedger(path),
    openEmpty: async () => openSqliteLedger(newPath()),
    openOld: async () => {
      const old = newPath();
      await mkdir(dirname(old));
      return { ledger: openSqliteLedger(old), takeAsBefore: async (corpus, runId) => takeAsBefore(old, corpus, runId) };
    },
    close: async () => {},
  };
});

/** Takes a fence with the tables and the statement of the first version. */
function takeAsBefore(path: string, corpus: string, runId: string): number {
  const database = new DatabaseSync(path, { timeout: 30_000 });
  database.exec(`
    pragma synchronous = full;
    create table if not exists fence (
      corpus text primary key, fence integer not null, run_id text not null, digest text not null) strict;
    create table if not exists stamp (
      corpus text not null, store text not null, digest text not null, nonce text not null, count integer not null,
      primary key (corpus, store)) strict;`);
  const taken = database
    .prepare(
      `insert into fence (corpus, fence, run_id, digest) values (?, ?, ?, ?)
       on conflict (corpus) do update set fence = max(fence.fence + 1, excluded.fence), run_id = excluded.run_id,
         digest = excluded.digest
       returning fence`,
    )
    .get(corpus, 1, runId, 'd');
  database.close();
  return Number(taken?.['fence']);
}

it('the runs of a version that remembered no input are read, and later runs of that version and of this one are entered', async () => {
  const path = newPath();
  const writer = openSqliteLedger(path);
  await writer.takeFence('books', { ...RUN, overlong: 'reject' });
  await writer.close();
  const earlier = new DatabaseSync(path);
  earlier.exec(
    'alter table run drop column input; alter table run drop column shape; alter table run drop column work',
  );
  const ledger = openSqliteLedger(path);
  expect(await ledger.runs({ limit: 9 })).toStrictEqual([{ ...START, corpus: 'books', fence: 1, overlong: 'reject' }]);
  await ledger.takeFence('books', { ...RUN, input: 'chunks.json', shape: '{}' });
  earlier.exec(`insert into run (corpus, fence, run_id, kind, digest, started_at, overlong)
    values ('books', 3, 'three', 'load', 'd', '${RUN.startedAt}', 'windows')`);
  earlier.close();
  expect((await ledger.runs({ limit: 9 })).map(({ input }) => input)).toEqual([undefined, 'chunks.json', undefined]);
  await ledger.close();
});

it('reads of a ledger create no file', async () => {
  const path = newPath();
  const ledger = openSqliteLedger(path);
  await ledger.fenceHolder('books');
  await ledger.stamp('books', 'neon');
  await ledger.runs({ limit: 9 });
  await ledger.close();
  expect(existsSync(path)).toBe(false);
});

it('a ledger that was opened before its file existed finds what another process writes', async () => {
  const path = newPath();
  const reader = openSqliteLedger(path);
  expect(await reader.runs({ limit: 9 })).toEqual([]);
  const writer = openSqliteLedger(path);
  await writer.takeFence('books', RUN);
  expect(await reader.runs({ limit: 9 })).toMatchObject([{ runId: 'one' }]);
  await writer.close();
  await reader.close();
});

it('a run that cannot be entered in the run table takes no fence, and the next run takes one', async () => {
  const ledger = openSqliteLedger(newPath());
  await ledger.takeFence('books', RUN);
  await expect(ledger.takeFence('books', { ...RUN, runId: 'two', startedAt: null as never })).rejects.toThrow();
  expect(await ledger.fenceHolder('books')).toMatchObject({ fence: 1, runId: 'one' });
  expect(await ledger.takeFence('books', { ...RUN, runId: 'three' })).toBe(2);
  await ledger.close();
});

it('the next fence is above that of every run in the table, even after the fence was deleted by hand', async () => {
  const path = newPath();
  const ledger = openSqliteLedger(path);
  await ledger.takeFence('books', RUN);
  await ledger.takeFence('books', RUN);
  const database = new DatabaseSync(path);
  database.exec('delete from fence');
  database.close();
  expect(await ledger.takeFence('books', RUN)).toBe(3);
  await ledger.close();
});
