/** Type byte of a DataRow message: `D` (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const DATA_ROW = 0x44;

/**
 * The values of every DataRow in whole messages of the Postgres protocol, in text form and unchanged: the parser of
 * PGlite removes a byte order mark from the start of a text. Every other message is passed to `other`.
 */
export function readDataRows(answer: Uint8Array, other: (message: Uint8Array) => void): (string | null)[][] {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const rows: (string | null)[][] = [];
  for (let at = 0, end; at < bytes.length; at = end) {
    end = at + 1 + bytes.readUInt32BE(at + 1);
    if (bytes[at] === DATA_ROW) rows.push(readValues(bytes, at + 5));
    else other(bytes.subarray(at, end));
  }
  return rows;
}

function readValues(bytes: Buffer, start: number): (string | null)[] {
  const values: (string | null)[] = [];
  let at = start + 2;
  for (let left = bytes.readUInt16BE(start); left > 0; left -= 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : bytes.toString('utf8', at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}
