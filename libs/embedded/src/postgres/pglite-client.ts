import {
  sqlParser,
  statementFacts,
  type CallOptions,
  type SqlClient,
  type SqlRow,
  type Statement,
} from '@lockstep/model';
import type { Guard } from '@lockstep/resilience';
import type { PgliteDatabase } from './open-pglite.ts';
import type { PgliteResult } from './execute-pglite-statement.ts';
import { toIndexingError } from './to-indexing-error.ts';

export interface PgliteClientOptions {
  readonly database: PgliteDatabase;
  readonly guard: Guard;
}

/** Statements to the embedded Postgres. They block the event loop; an aborted transaction ends after one of them. */
export function createPgliteClient({ database, guard }: PgliteClientOptions): SqlClient {
  const guarded = (
    statements: readonly Statement[],
    transaction: boolean,
    options_?: CallOptions,
  ): Promise<SqlRow[][]> =>
    guard.run(
      async (signal) => {
        try {
          return (await database.run(statements, { transaction, signal })).map(toRows);
        } catch (error) {
          throw toIndexingError(error);
        }
      },
      { ...options_, call: { kind: 'database', facts: statementFacts(statements) } },
    );
  return {
    query: async (statement, call) => (await guarded([statement], false, call))[0] ?? [],
    transaction: (statements, call) => guarded(statements, true, call),
  };
}

function toRows({ columns, rows }: PgliteResult): SqlRow[] {
  const readers = columns.map(({ name, typeId }) => ({ name, parse: sqlParser(typeId) }));
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (const [at, { name, parse }] of readers.entries()) {
      const text = values[at] ?? null;
      row[name] = text === null ? null : parse(text);
    }
    return row;
  });
}
