import { messages, protocol } from '@electric-sql/pglite';
import type { PGlite } from '@electric-sql/pglite';

import { parseCommandTag } from './command-tag.ts';
import { readDataRows } from './data-row.ts';
import type { PgField, PgQuery, PgResult } from './postgres-backend.ts';
import { PostgresError, PostgresUnavailableError } from './postgres-error.ts';

/**
 * Runs one statement by the extended protocol in one round trip into the engine (PGlite's own `query` makes five), so
 * that several statements in one text are refused as on Neon, and values stay in Postgres' text form.
 *
 * The caller holds `db.runExclusive`. Notices are dropped, as Neon's HTTP protocol has no place for them.
 *
 * @throws {PostgresError} what Postgres said.
 * @throws {PostgresUnavailableError} when the engine broke down; it is of no further use then.
 */
export async function executePgliteStatement(db: PGlite, { text, values }: PgQuery): Promise<PgResult> {
  const request = Buffer.concat([
    protocol.serialize.parse({ text }),
    protocol.serialize.bind({ values: [...values] }),
    protocol.serialize.describe({ type: 'P' }),
    protocol.serialize.execute(),
    protocol.serialize.sync(),
  ]);
  let answer: Uint8Array;
  try {
    answer = await db.execProtocolRaw(request);
  } catch (error) {
    throw new PostgresUnavailableError('the embedded Postgres engine broke down; close it and open it again', {
      cause: error,
    });
  }

  let fields: readonly PgField[] = [];
  let tag = '';
  let isReady = false;
  let failure: PostgresError | undefined;
  const rows = readDataRows(answer);
  new protocol.Parser().parse(answer, (message) => {
    if (message instanceof messages.RowDescriptionMessage) fields = message.fields.map(toField);
    else if (message instanceof messages.CommandCompleteMessage) tag = message.text;
    else if (message instanceof messages.ReadyForQueryMessage) isReady = true;
    else if (message instanceof messages.DatabaseError) failure ??= new PostgresError(message.message, message);
  });
  if (failure !== undefined) throw failure;
  if (!isReady) {
    throw new PostgresUnavailableError('the embedded Postgres engine gave half an answer; close it and open it again');
  }
  return { fields, rows, ...parseCommandTag(tag) };
}

function toField({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier }: PgField): PgField {
  return { name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier };
}
