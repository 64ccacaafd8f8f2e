const LF = 0x0a;

/** Streams the lines of a UTF-8 file that we wrote, without their ends. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let rest: Uint8Array[] = [];
  for await (const block of bytes) {
    let from = 0;
    for (let end = block.indexOf(LF); end >= 0; end = block.indexOf(LF, from)) {
      const tail = block.subarray(from, end);
      if (rest.length === 0) yield utf8.decode(tail);
      else {
        yield rest.map((part) => utf8.decode(part, { stream: true })).join('') + utf8.decode(tail);
        rest = [];
      }
      from = end + 1;
    }
    if (from < block.length) rest.push(block.slice(from));
  }
  if (rest.length > 0) yield rest.map((part) => utf8.decode(part, { stream: true })).join('') + utf8.decode();
}
