/** The bytes of a text in UTF-8; bytes as they are. */
export const encoded = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text;

/** A stream of blocks of `size` bytes. */
export async function* blocksOf(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = encoded(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** The parts of bytes in any order. */
export const accessTo = (bytes: Uint8Array) => ({
  size: bytes.length,
  slice: (from: number, to: number): Promise<Uint8Array> => Promise.resolve(bytes.slice(from, to)),
});
