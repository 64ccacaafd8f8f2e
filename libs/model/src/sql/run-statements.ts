import type { Statement } from './sql-client.ts';

export interface RunStatementsOptions {
  /** All in one transaction; else each by itself. */
  readonly transaction: boolean;
  /**
   * Ends the run between two statements, with the signal's reason. A transaction is rolled back then, unless its commit
   * is under way.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Runs statements in order on a session that the caller has for itself. A transaction that fails is rolled back. */
export async function runStatements<Result>(
  execute: (statement: Statement) => Promise<Result>,
  statements: readonly Statement[],
  { transaction, signal }: RunStatementsOptions,
): Promise<Result[]> {
  const results: Result[] = [];
  signal?.throwIfAborted();
  if (transaction) await execute(['begin']);
  try {
    for (const statement of statements) {
      signal?.throwIfAborted();
      results.push(await execute(statement));
    }
    if (!transaction) return results;
    signal?.throwIfAborted();
    await execute(['commit']);
    return results;
  } catch (error) {
    // A session that cannot even roll back is broken; the first error is the one to report.
    if (transaction) await execute(['rollback']).catch(() => undefined);
    throw error;
  }
}
