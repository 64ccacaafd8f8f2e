import { messages, protocol, type PGlite } from '@electric-sql/pglite';
import { ANSWER_BYTES_MAX, answerTooLarge, postgresUnavailable, sqlText, type Statement } from '@lockstep/model';
import { readDataRows } from './read-data-rows.ts';

/** What one statement gave: values in Postgres' text form, in the order of `columns`. */
export interface PgliteResult {
  readonly columns: readonly { readonly name: string; readonly typeId: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that it inserted, changed or deleted. */
  readonly rowsChanged: number;
}

/** The command tag of a statement that changes rows ends in how many; the 0 of an INSERT is an old object id. */
const ROWS_CHANGED = /^(?:INSERT 0|UPDATE|DELETE|MERGE) (\d+)$/;

/**
 * Runs one statement by the extended protocol in one round trip into the engine (PGlite's own `query` makes five), so
 * that several statements in one text are refused as on Neon, and values stay in Postgres' text form.
 *
 * The caller holds `db.runExclusive`. Notices are dropped, as Neon's HTTP protocol has no place for them.
 *
 * *Errors*: PGlite's `DatabaseError` for what Postgres said; ours when an answer is too large, and `service-unavailable`
 * when the engine broke down, which is of no further use then.
 */
export async function executePgliteStatement(db: PGlite, [text, parameters = []]: Statement): Promise<PgliteResult> {
  const request = Buffer.concat([
    protocol.serialize.parse({ text }),
    protocol.serialize.bind({ values: parameters.map(sqlText) }),
    protocol.serialize.describe({ type: 'P' }),
    protocol.serialize.execute(),
    protocol.serialize.sync(),
  ]);
  let answer: Uint8Array;
  try {
    answer = await db.execProtocolRaw(request);
  } catch (error) {
    throw postgresUnavailable('The embedded Postgres engine broke down; close it and open it again.', error);
  }
  if (answer.byteLength > ANSWER_BYTES_MAX) throw answerTooLarge();

  let columns: PgliteResult['columns'] = [];
  let rowsChanged = 0;
  let isReady = false;
  let failure: messages.DatabaseError | undefined;
  const parser = new protocol.Parser();
  const rows = readDataRows(answer, (other) =>
    parser.parse(other, (message) => {
      if (message instanceof messages.RowDescriptionMessage) {
        columns = message.fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID }));
      } else if (message instanceof messages.CommandCompleteMessage) {
        rowsChanged = Number(ROWS_CHANGED.exec(message.text)?.[1] ?? 0);
      } else if (message instanceof messages.ReadyForQueryMessage) isReady = true;
      else if (message instanceof messages.DatabaseError) failure ??= message;
    }),
  );
  if (failure !== undefined) throw failure;
  if (!isReady) {
    throw postgresUnavailable('The embedded Postgres engine gave half an answer; close it and open it again.');
  }
  return { columns, rows, rowsChanged };
}
