import type { Facts } from '../telemetry/facts.ts';
import type { Statement } from './sql-client.ts';

const COMMAND = /^\s*(?:with\b[^]*?\b(?=insert|update|delete))?(\w+)/i;

/** The first table that a statement of this program names. */
const TABLE = /\b(?:from|into|update|table(?: if not exists)?)\s+(?!lateral\b)"?(\w+)"?/i;

/**
 * What statements do, for a span: their commands, and their table if it is one. Of the texts of statements of this program, which hold
 * no values; nothing of the parameters.
 */
export function statementFacts(statements: readonly Statement[]): Facts {
  const commands = new Set(statements.map(([text]) => COMMAND.exec(text)?.[1]?.toUpperCase() ?? 'SQL'));
  const tables = new Set(statements.flatMap(([text]) => TABLE.exec(text)?.[1] ?? []));
  const table = tables.size === 1 ? [...tables][0] : undefined;
  const [command] = commands;
  return {
    database: 'postgresql',
    operation: commands.size === 1 ? command : 'BATCH',
    summary: [...commands, ...(table === undefined ? [] : [table])].join(' '),
    collection: table,
    statements: statements.length > 1 ? statements.length : undefined,
  };
}
