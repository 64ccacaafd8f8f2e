import { sqlStateOf, type CallOptions, type SqlClient, type SqlRow, type Statement } from '@lockstep/model';

const UNDEFINED_TABLE = '42P01';

/** The rows of a statement that reads one table; none when the table does not exist. */
export async function queryExistingTable(
  sql: SqlClient,
  statement: Statement,
  options?: CallOptions,
): Promise<SqlRow[]> {
  try {
    return await sql.query(statement, options);
  } catch (error) {
    if (sqlStateOf(error) === UNDEFINED_TABLE) return [];
    throw error;
  }
}
