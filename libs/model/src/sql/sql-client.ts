import type { CallOptions } from '../ports.ts';

/** A value for `$1`, `$2` and so on. The statement gives its type; an array becomes a Postgres array. */
export type SqlParameter = string | number | boolean | null | readonly (string | number | null)[];

/** A statement and its parameters. */
export type Statement = readonly [text: string, parameters?: readonly SqlParameter[]];

/** Values by column, as `sqlParser` reads them. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * Guarded statements to one Postgres. Callers share sessions, so that no statement may leave a setting, a temporary
 * table or an open transaction behind.
 *
 * *Errors*: an `IndexingError`; `sqlStateOf` reads its SQLSTATE. A statement without an answer may have taken effect,
 * and the guard sends it again, so that every statement must be safe to repeat.
 */
export interface SqlClient {
  query(statement: Statement, options?: CallOptions): Promise<SqlRow[]>;
  /** Runs all statements in one transaction; returns the rows of each. */
  transaction(statements: readonly Statement[], options?: CallOptions): Promise<SqlRow[][]>;
}
