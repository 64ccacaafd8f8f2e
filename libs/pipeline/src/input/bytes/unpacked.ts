import { IndexingError } from '@lockstep/model';
import { peekBytes, type PeekedBytes } from './peeked-bytes.ts';

/** How bytes can be compressed that are unpacked as they are read. */
export type Packing = 'gzip' | 'zstd';

/** Unpacks a stream to its end; fails where it is cut, damaged or followed by anything else. */
export type Unpack = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** What the runtime has to unpack with, where it has more than `DecompressionStream`. */
export type Unpackers = Readonly<Partial<Record<Packing, Unpack>>>;

/** Bytes of the longest magic number. */
const MAGIC_BYTES = 4;

/**
 * Undoes gzip and zstd where the bytes start with their magic numbers; other input passes through as it is.
 *
 * Without an unpacker, gzip of one member alone is read, and zstd where the runtime's `DecompressionStream` knows it.
 * Fails with `input-gzip` or `input-zstd` for what is cut, damaged, followed by anything else, or compressed again inside.
 */
export async function unpacked(
  given: PeekedBytes,
  unpackers: Unpackers = {},
): Promise<{ bytes: PeekedBytes; packing: Packing | undefined }> {
  await given.reach(MAGIC_BYTES);
  const packing = packingOf(given.head());
  if (packing === undefined) return { bytes: given, packing };
  const bytes = peekBytes(unpack(packing, given, unpackers[packing]));
  await bytes.reach(MAGIC_BYTES);
  const inside = packingOf(bytes.head());
  if (inside !== undefined) {
    await bytes.close();
    throw unreadable(packing, `The input is ${inside} inside ${packing}; expected it compressed once.`);
  }
  return { bytes, packing };
}

async function* unpack(packing: Packing, given: PeekedBytes, port: Unpack | undefined): AsyncGenerator<Uint8Array> {
  let failure: unknown;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* given.whole();
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    yield* (port ?? nativeUnpack(packing))(source());
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (error instanceof IndexingError) throw error;
    const members = port === undefined && packing === 'gzip' ? '; this runtime reads one member alone' : '';
    throw unreadable(packing, `The input is ${packing}, but cut, damaged, or followed by something else${members}.`);
  }
}

/** What the runtime has itself. */
function nativeUnpack(packing: Packing): Unpack {
  let stream: DecompressionStream;
  try {
    // Not every runtime knows zstd.
    stream = new DecompressionStream(packing as CompressionFormat);
  } catch {
    throw unreadable(packing, `The input is compressed with ${packing}, which this runtime cannot unpack.`);
  }
  return async function* (bytes) {
    const reader = streamOf(bytes).pipeThrough(stream).getReader();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    } finally {
      await reader.cancel().catch(() => {});
    }
  };
}

function packingOf(head: Uint8Array): Packing | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const [a = 0, b, c, d] = head;
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  // A frame to be skipped, with which some tools begin.
  if (a >= 0x50 && a <= 0x5f && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd';
  return undefined;
}

function unreadable(packing: Packing, message: string): IndexingError {
  return new IndexingError({ code: `input-${packing}`, message });
}

function streamOf(bytes: AsyncIterable<Uint8Array>): ReadableStream<BufferSource> {
  const blocks = bytes[Symbol.asyncIterator]();
  return new ReadableStream<BufferSource>({
    async pull(controller) {
      const next = await blocks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
    async cancel() {
      await blocks.return?.();
    },
  });
}
