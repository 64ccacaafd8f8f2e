import type { CallOptions, SqlClient } from '@lockstep/model';
import { queryExistingTable } from './query-existing-table.ts';

/** Names of the tables for rows that this program has made in a database, and that are still there. */
export async function madeTables(sql: SqlClient, options?: CallOptions): Promise<string[]> {
  const rows = await queryExistingTable(
    sql,
    [
      `select distinct substr(component, 6) as name from lockstep_migration
       where component like 'rows:%' and to_regclass(quote_ident(substr(component, 6))) is not null`,
    ],
    options,
  );
  return rows.map(({ name }) => String(name)).sort();
}
