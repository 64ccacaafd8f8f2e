const UTF8 = new TextEncoder();

/** UTF-8 bytes of a well-formed text. */
export function utf8Bytes(text: string): number {
  return UTF8.encode(text).length;
}
