import { inspect } from 'node:util';

/**
 * Everything that logging an error may reveal, as one text: message, stack, fields, and the same of its causes, as JSON
 * and as Node prints it, hidden properties included. For tests that look for what must not be in it.
 */
export function allTextOf(error: unknown): string {
  const parts = [inspect(error, { depth: null, showHidden: true, maxStringLength: null, maxArrayLength: null })];
  for (let next = error, left = 10; next !== undefined && left > 0; left -= 1) {
    parts.push(JSON.stringify(next) ?? '', String(next));
    if (!(next instanceof Error)) break;
    parts.push(next.message, next.stack ?? '');
    next = next.cause;
  }
  return parts.join('\n');
}
