const UTF8 = new TextEncoder();

/** Room for the UTF-8 of most texts, so that not each of millions of them gets memory of its own. */
const room = new Uint8Array(64 * 1024);

/** Bytes of the UTF-8 of one UTF-16 unit, at most. */
const BYTES_PER_UNIT_MAX = 3;

/** The UTF-8 of a text; valid until the next call, so that it is to be read at once. */
export function utf8View(text: string): Uint8Array {
  if (text.length * BYTES_PER_UNIT_MAX > room.length) return UTF8.encode(text);
  return room.subarray(0, UTF8.encodeInto(text, room).written);
}

/** Number of UTF-8 bytes of a text. */
export function utf8Bytes(text: string): number {
  return utf8View(text).length;
}
