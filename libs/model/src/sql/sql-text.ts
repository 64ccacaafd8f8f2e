import { IndexingError } from '../indexing-error.ts';
import type { SqlParameter } from './sql-client.ts';

/**
 * A parameter as the text that Postgres reads, the same whichever client sends it; null is NULL.
 * *Errors*: `request-refused` for half a surrogate pair, which has no UTF-8: clients would write something else for it.
 */
export function sqlText(value: SqlParameter): string | null {
  if (value === null) return null;
  const text = typeof value === 'object' ? `{${value.map(elementText).join(',')}}` : String(value);
  if (text.isWellFormed()) return text;
  throw new IndexingError({
    code: 'request-refused',
    message: 'A parameter holds a lone surrogate, which is no valid Unicode.',
    details: { sqlState: '22021' },
  });
}

function elementText(element: string | number | null): string {
  return element === null ? 'NULL' : `"${String(element).replaceAll(/["\\]/g, '\\$&')}"`;
}
