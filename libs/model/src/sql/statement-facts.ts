import type { Facts } from '../telemetry/facts.ts';
import type { Statement } from './sql-client.ts';

const COMMAND = /^\s*(?:with\b[^]*?\b(?=insert|update|delete))?(\w+)/i;

/** The first table that a statement of this program names. */
const TABLE = /\b(?:from|into|update|table(?: if not exists)?)\s+(?!lateral\b)"?(\w+)"?/i;

/**
 * What statements do, for a span: their commands, such as `DELETE INSERT`, and their table if it is one. Of the texts of statements of this
 * program, which hold no values; nothing of the parameters.
 */
export function statementFacts(statements: readonly Statement[]): Facts {
  const commands = statements.map(([text]) => COMMAND.exec(text)?.[1]?.toUpperCase() ?? 'SQL');
  const tables = new Set(statements.flatMap(([text]) => TABLE.exec(text)?.[1] ?? []));
  const [table] = tables;
  return {
    database: 'postgresql',
    operation: [...new Set(commands)].join(' '),
    collection: tables.size === 1 ? table : undefined,
    statements: statements.length > 1 ? statements.length : undefined,
  };
}
