const LF = 0x0a;

/** Streams the lines of a UTF-8 file that we wrote, without their ends. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  for await (const page of linePages(bytes)) for (const line of page) yield utf8.decode(line);
}

/**
 * Streams the lines of a file as bytes, without their ends; a page has the lines that end in one block. A line is a view
 * of its block, which stays in memory for as long as the line does.
 */
export async function* linePages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  /** The parts of a line that began in an earlier block. */
  let begun: Uint8Array[] = [];
  for await (const block of bytes) {
    const page: Uint8Array[] = [];
    let from = 0;
    for (let end = block.indexOf(LF); end >= 0; end = block.indexOf(LF, from)) {
      const line = block.subarray(from, end);
      page.push(begun.length === 0 ? line : joined([...begun, line]));
      begun = [];
      from = end + 1;
    }
    if (from < block.length) begun.push(block.subarray(from));
    if (page.length > 0) yield page;
  }
  if (begun.length > 0) yield [joined(begun)];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
