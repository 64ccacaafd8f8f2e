/** Type byte of a DataRow message, `D`. Source: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const DATA_ROW = 0x44;

/** PGlite's own parser decodes without `ignoreBOM`, so that a text loses a byte order mark at its start. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The values of every DataRow in whole messages of the Postgres protocol, in text form, each as it was sent. */
export function readDataRows(answer: Uint8Array): (string | null)[][] {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const rows: (string | null)[][] = [];
  for (let at = 0; at < answer.length; at += 1 + view.getUint32(at + 1)) {
    if (view.getUint8(at) === DATA_ROW) rows.push(readValues(answer, view, at + 5));
  }
  return rows;
}

function readValues(answer: Uint8Array, view: DataView, start: number): (string | null)[] {
  const values: (string | null)[] = [];
  let at = start + 2;
  for (let left = view.getUint16(start); left > 0; left -= 1) {
    const length = view.getInt32(at);
    at += 4;
    values.push(length < 0 ? null : utf8.decode(answer.subarray(at, at + length)));
    at += Math.max(length, 0);
  }
  return values;
}
