import { IndexingError } from '../indexing-error.ts';
import type { SqlParameter } from './sql-client.ts';

/**
 * A parameter as the text that Postgres reads, the same for every client; null is NULL.
 * *Errors*: `request-refused` for half of a surrogate pair, for which clients would write another character.
 */
export function sqlText(value: SqlParameter): string | null {
  if (value === null) return null;
  const text = typeof value === 'object' ? `{${value.map(elementText).join(',')}}` : String(value);
  if (text.isWellFormed()) return text;
  throw new IndexingError({
    code: 'request-refused',
    message: 'Expected valid Unicode in a parameter, found half of a surrogate pair.',
    details: { sqlState: '22021' },
  });
}

function elementText(element: string | number | null): string {
  return element === null ? 'NULL' : `"${String(element).replaceAll(/["\\]/g, '\\$&')}"`;
}
