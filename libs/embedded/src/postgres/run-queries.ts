import type { PgQuery, PgResult, PgRunOptions, PgTransaction } from './postgres-backend.ts';
import { PostgresError } from './postgres-error.ts';

const ISOLATION_SQL = {
  ReadUncommitted: 'READ UNCOMMITTED',
  ReadCommitted: 'READ COMMITTED',
  RepeatableRead: 'REPEATABLE READ',
  Serializable: 'SERIALIZABLE',
} as const;

/** Runs one statement on the session that the caller has for itself. */
export type ExecuteQuery = (query: PgQuery) => Promise<PgResult>;

/** The statement that opens `transaction`. */
export function beginStatement({ isolation, readOnly, deferrable }: PgTransaction): string {
  return [
    'BEGIN',
    isolation === undefined ? '' : ` ISOLATION LEVEL ${ISOLATION_SQL[isolation]}`,
    readOnly === true ? ' READ ONLY' : '',
    deferrable === true ? ' DEFERRABLE' : '',
  ].join('');
}

/**
 * Runs `queries` one after the other, in a transaction when one is asked for, as {@link PgRunOptions} says.
 *
 * When it throws, a transaction that it opened has been rolled back, or its session is beyond use.
 */
export async function runQueries(
  execute: ExecuteQuery,
  queries: readonly PgQuery[],
  { transaction, signal, onResult }: PgRunOptions,
): Promise<PgResult[]> {
  if (transaction === undefined && queries.length !== 1) {
    throw new RangeError(`without a transaction exactly one query can run, not ${queries.length}`);
  }
  const results: PgResult[] = [];
  const executeAll = async (): Promise<void> => {
    for (const query of queries) {
      signal?.throwIfAborted();
      const result = await execute(query);
      onResult?.(result);
      results.push(result);
    }
    signal?.throwIfAborted();
  };

  if (transaction === undefined) {
    await executeAll();
    return results;
  }
  signal?.throwIfAborted();
  await execute({ text: beginStatement(transaction), values: [] });
  try {
    await executeAll();
    const { command } = await execute({ text: 'COMMIT', values: [] });
    if (command !== 'COMMIT') {
      // Postgres answers COMMIT with ROLLBACK, and no error, when the transaction had failed.
      throw new PostgresError('the transaction had failed and was rolled back', { code: '25P02', severity: 'ERROR' });
    }
  } catch (error) {
    // A session that cannot even roll back is thrown away by its backend; the first error is the one to report.
    await execute({ text: 'ROLLBACK', values: [] }).catch(() => undefined);
    throw error;
  }
  return results;
}
