import type { Statement } from './sql-client.ts';

export interface RunStatementsOptions {
  /** Whether all statements are one transaction. */
  readonly transaction: boolean;
  /**
   * Stops between two statements with the reason of the signal. A transaction is then rolled back, unless its commit
   * was already sent.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Runs statements in order on a session that no other caller uses. A transaction that fails is rolled back. */
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
    // If the rollback fails too, the session is broken; the first error is the one to report.
    if (transaction) await execute(['rollback']).catch(() => undefined);
    throw error;
  }
}
