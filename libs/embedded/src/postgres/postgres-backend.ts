/** One SQL statement with its parameters in Postgres text form; `null` is SQL NULL. */
export interface PgQuery {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

/** One result column, with the names that Neon's protocol uses for Postgres' row description. */
export interface PgField {
  readonly name: string;
  readonly tableID: number;
  readonly columnID: number;
  /** The type's OID. */
  readonly dataTypeID: number;
  readonly dataTypeSize: number;
  readonly dataTypeModifier: number;
}

/** What one statement gave: values in Postgres text form, in the order of `fields`. */
export interface PgResult {
  readonly fields: readonly PgField[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** First word of the command tag, such as `SELECT`; empty for an empty statement. */
  readonly command: string;
  /** Rows that the statement returned or changed; `null` for commands that count none, such as `CREATE`. */
  readonly rowCount: number | null;
}

/** Isolation levels as Neon's `Neon-Batch-Isolation-Level` header spells them. */
export type PgIsolation = 'ReadUncommitted' | 'ReadCommitted' | 'RepeatableRead' | 'Serializable';

/** The properties of a transaction; what is left out is the server's default. */
export interface PgTransaction {
  readonly isolation?: PgIsolation | undefined;
  readonly readOnly?: boolean | undefined;
  readonly deferrable?: boolean | undefined;
}

export interface PgRunOptions {
  /** Runs all the queries in one transaction. Left out: exactly one query, which commits by itself. */
  readonly transaction?: PgTransaction | undefined;
  /**
   * Aborting rejects with the signal's reason and rolls a transaction back, unless its commit is under way already.
   * A single query without a transaction may have taken effect.
   */
  readonly signal?: AbortSignal | undefined;
  /** Sees each result before the next query and before the commit; what it throws rolls the transaction back. */
  readonly onResult?: ((result: PgResult) => void) | undefined;
}

/**
 * A Postgres that runs requests apart from each other: no session setting, temporary table, prepared statement or
 * open transaction of one request is seen by another.
 */
export interface PostgresBackend {
  /**
   * Runs the queries in order and resolves with one result each.
   *
   * @throws {PostgresError} what the server said; a transaction is rolled back then.
   * @throws {PostgresUnavailableError} when the server cannot be reached, went away, or is closed.
   */
  run(queries: readonly PgQuery[], options?: PgRunOptions): Promise<PgResult[]>;
  /** Server and version for people, such as `PostgreSQL 18.6 (PGlite)`. */
  describe(): Promise<string>;
  /** Waits for what runs, then gives everything back. Repeating it does nothing more. */
  close(): Promise<void>;
}
