import type { PgResult } from './postgres-backend.ts';

/** Splits a command tag: `INSERT 0 5` is INSERT and 5 (the 0 is an old object id), `CREATE TABLE` is CREATE and `null`. */
export function parseCommandTag(tag: string): Pick<PgResult, 'command' | 'rowCount'> {
  const [command = '', ...rest] = tag.split(' ');
  const count = command === 'INSERT' ? rest[1] : rest[0];
  return { command, rowCount: count !== undefined && /^\d+$/.test(count) ? Number(count) : null };
}
