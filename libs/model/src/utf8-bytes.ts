const UTF8 = new TextEncoder();

/** Number of UTF-8 bytes of a text. */
export function utf8Bytes(text: string): number {
  return UTF8.encode(text).length;
}
