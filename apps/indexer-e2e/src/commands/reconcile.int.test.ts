import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPgliteClient, openPglite, openSqliteLedger, startEmbeddedQdrant } from '@lockstep/embedded';
import type { SqlClient } from '@lockstep/model';
import { createNeonRowStore } from '@lockstep/store-neon';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import { createInstantGuard } from '@lockstep/testing-ports';
import {
  reconcile,
  reconcileCases,
  REGRESSION_CASES,
  type DriftingStores,
  type ReconcileCase,
} from '@lockstep/testing-runs';
import { copyOfOnceMade } from '@lockstep/testing-postgres';

let stores: DriftingStores;
let sql: SqlClient;
const closers: (() => Promise<void>)[] = [];

/** The embedded services as the program opens them, and a way to change them without the ports. */
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-'));
  closers.push(() => rm(folder, { recursive: true }));
  const postgres = { directory: join(folder, 'postgres'), waitMs: 0 };
  await copyOfOnceMade({
    name: 'empty-pglite',
    into: postgres.directory,
    make: async (directory) => (await openPglite({ ...postgres, directory })).close(),
  });
  const [qdrant, database] = await Promise.all([
    startEmbeddedQdrant({ directory: join(folder, 'qdrant') }),
    openPglite(postgres),
  ]);
  const ledger = openSqliteLedger(join(folder, 'ledger.sqlite'));
  closers.push(
    () => qdrant.close(),
    () => database.close(),
    () => ledger.close(),
  );
  sql = createPgliteClient({ database, guard: createInstantGuard('neon').guard });
  stores = {
    vectors: createQdrantVectorStore({
      url: new URL(qdrant.url),
      collection: 'points',
      guard: createInstantGuard('qdrant').guard,
      timeoutMs: 60_000,
    }),
    rows: createNeonRowStore({ sql, table: 'rag_metadata', shownDatabase: 'embedded' }),
    ledger,
    async renameRow({ corpus, pointId, chunkId }) {
      await sql.query([
        'update rag_metadata set chunk_id = $3 where corpus = $1 and point_id = $2',
        [corpus, pointId, chunkId],
      ]);
    },
  };
});
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

it(
  'the embedded stores are in step with two corpora after any sequence of loads, edits and faults',
  { timeout: 180_000 },
  async () => {
    let cases = 0;
    await fc.assert(
      fc.asyncProperty(reconcileCases({ actionsMax: 3 }), async (happening) => {
        cases += 1;
        await reconcile(happening, { stores, corpora: [`one-${cases}`, `two-${cases}`] });
      }),
      // Cases are small, and shrinking one would take minutes.
      { numRuns: 30, endOnFailure: true, examples: REGRESSION_CASES.map((happening) => [happening]) },
    );
  },
);

it('the check of a run fails when Postgres does not assert the fence', async () => {
  const happening: ReconcileCase = {
    deletes: ['full', 'full'],
    actions: [
      {
        do: 'load',
        side: 0,
        // The later run has ended when the first rows of the earlier one arrive.
        fault: {
          fault: 'takeover',
          at: { of: 'neon writes', number: 1 },
          by: { run: 'load', edits: [], stays: false },
        },
      },
    ],
  };
  await reconcile(happening, { stores, corpora: ['asserted', 'beside it'] });
  await sql.query([
    `create or replace function lockstep_assert_fence(the_corpus text, the_fence bigint) returns void language plpgsql
     as $$ begin end $$`,
  ]);
  const unasserted = reconcile(happening, { stores, corpora: ['not asserted', 'beside that'] });
  await expect(unasserted).rejects.toThrow('went through after another run took over');
});
