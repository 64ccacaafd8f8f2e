import { createGuard } from '@lockstep/resilience';
import { createNeonRowStore } from '@lockstep/store-neon';
import { createNeonClient } from '@lockstep/store-neon/neon-client';
import type { LibraryCall } from './library-call.ts';

const guard = createGuard({ dependency: 'neon' });

export const call: LibraryCall = async ({ neon }) => {
  const connectionString = 'postgresql://user:secret@ep-one.test/db';
  const sql = createNeonClient({ connectionString, fetchEndpoint: `${neon}/sql`, guard });
  const store = createNeonRowStore({ sql, table: 'no_such', shownDatabase: 'host.invalid/db' });
  return { found: [await sql.query(['select 1 as one']), await store.count('moby-dick')], expected: [[{ one: 1 }], 0] };
};
