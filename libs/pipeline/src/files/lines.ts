const LF = 0x0a;

/** Streams the lines of a UTF-8 file that we wrote, without their ends. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const page of textPages(bytes)) yield* page;
}

/** The same in pages, each of the lines that end in one block: decoded and taken at once, they cost less than one by one. */
export async function* textPages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** The parts of a line that began in an earlier block. */
  let begun: Uint8Array[] = [];
  for await (const block of bytes) {
    const end = block.lastIndexOf(LF);
    if (end < 0) {
      begun.push(block);
      continue;
    }
    const whole = block.subarray(0, end);
    yield utf8.decode(begun.length === 0 ? whole : joined([...begun, whole])).split('\n');
    begun = end + 1 < block.length ? [block.subarray(end + 1)] : [];
  }
  if (begun.length > 0) yield [utf8.decode(joined(begun))];
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
