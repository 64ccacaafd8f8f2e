import { messages, protocol, type PGlite } from '@electric-sql/pglite';
import { ANSWER_BYTES_MAX, answerTooLarge, sqlText, type Statement } from '@lockstep/model';
import { engineFailure } from '../engine-error.ts';
import { readDataRows } from './read-data-rows.ts';

/** The result of one statement: values in the text form of Postgres, in the order of `columns`. */
export interface PgliteResult {
  readonly columns: readonly { readonly name: string; readonly typeId: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Number of rows that it inserted, updated or deleted. */
  readonly rowsChanged: number;
}

/** A command tag with the number of changed rows; the 0 of INSERT stands for an obsolete object id. */
const ROWS_CHANGED = /^(?:INSERT 0|UPDATE|DELETE|MERGE) (\d+)$/;

/**
 * Runs one statement by the extended protocol in one call of the engine (PGlite's own `query` makes five), so that
 * several statements in one text are refused as by Neon, and values stay in the text form of Postgres.
 *
 * To be called within `db.runExclusive`. Notices are dropped, as by the HTTP protocol of Neon.
 *
 * *Errors*: PGlite's `DatabaseError` for an error of Postgres; ours for an answer that is too large, and
 * `engine-failed` or `disk-failed` when the engine failed, which must not be used again.
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
    throw engineFailure('The embedded Postgres failed, and is of no more use to this process', error);
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
    throw engineFailure(
      'The embedded Postgres failed, and is of no more use to this process',
      'its answer is incomplete',
    );
  }
  return { columns, rows, rowsChanged };
}
