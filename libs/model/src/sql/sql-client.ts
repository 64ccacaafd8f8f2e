import type { CallOptions } from '../ports.ts';

/** A value for `$1`, `$2` and so on, whose type the statement says; an array is an array of Postgres. */
export type SqlParameter = string | number | boolean | null | readonly (string | number | null)[];

/** A statement and its parameters. */
export type Statement = readonly [text: string, parameters?: readonly SqlParameter[]];

/** Values by column, as `sqlParser` reads them. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * Guarded statements to one Postgres. Statements of several callers share sessions, so that none of them may leave a
 * setting, a temporary table or an open transaction behind.
 *
 * *Errors*: an `IndexingError`; `sqlStateOf` tells what Postgres refused. A statement that fails for lack of an answer
 * may have taken effect, and the guard sends it again: it must bear that.
 */
export interface SqlClient {
  query(statement: Statement, options?: CallOptions): Promise<SqlRow[]>;
  /** All statements in one transaction; gives the rows of each. */
  transaction(statements: readonly Statement[], options?: CallOptions): Promise<SqlRow[][]>;
}
