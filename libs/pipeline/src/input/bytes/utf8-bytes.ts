import { IndexingError } from '@lockstep/model';
import { peekBytes, type PeekedBytes } from './peeked-bytes.ts';

/** Bytes of the mark. */
const MARK_BYTES = 2;

/** How the texts of an input are encoded. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** UTF-16 that starts with a byte order mark as UTF-8; other input passes through as it is. Fails with `input-encoding`. */
export async function asUtf8(given: PeekedBytes): Promise<{ bytes: PeekedBytes; encoding: Encoding }> {
  await given.reach(MARK_BYTES);
  const [first, second] = given.head();
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
  if (encoding === undefined) return { bytes: given, encoding: 'utf-8' };
  return { bytes: peekBytes(transcoded(given, encoding)), encoding };
}

async function* transcoded(given: PeekedBytes, encoding: 'utf-16le' | 'utf-16be'): AsyncGenerator<Uint8Array> {
  // The mark is taken away by the decoder.
  const decoder = new TextDecoder(encoding, { fatal: true });
  const encoder = new TextEncoder();
  const decoded = (block?: Uint8Array): Uint8Array => {
    try {
      return encoder.encode(decoder.decode(block, { stream: block !== undefined }));
    } catch {
      throw new IndexingError({
        code: 'input-encoding',
        message: `The byte order mark says ${encoding.toUpperCase()}, but the input is no such text.`,
      });
    }
  };
  for await (const block of given.whole()) {
    const text = decoded(block);
    if (text.length > 0) yield text;
  }
  const last = decoded();
  if (last.length > 0) yield last;
}
