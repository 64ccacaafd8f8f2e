import { IndexingError } from '@lockstep/model';

/**
 * Undoes gzip where the bytes start with its magic number; other input passes through as it is.
 *
 * Fails with `input-gzip` for gzip that is cut, damaged, followed by anything, or gzip again inside.
 */
export async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const given = await peeked(bytes);
  if (!isGzip(given.head)) {
    yield* given.whole();
    return;
  }
  const unpacked = await peeked(inflated(given.whole()));
  if (isGzip(unpacked.head)) {
    await unpacked.close();
    throw unreadable('The input is gzip inside gzip; expected it compressed once.');
  }
  yield* unpacked.whole();
}

async function* inflated(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = streamOf(bytes).pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        if (error instanceof IndexingError) throw error;
        throw unreadable(
          'The input is gzip, but cut, damaged, or followed by something else; expected exactly one gzip member.',
        );
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

interface Peeked {
  /** The first two bytes at least, unless there are fewer. */
  readonly head: Uint8Array;
  /** All bytes, the head among them. */
  whole(): AsyncGenerator<Uint8Array>;
  /** Closes the source without reading the rest. */
  close(): Promise<void>;
}

async function peeked(bytes: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const source = bytes[Symbol.asyncIterator]();
  let head = new Uint8Array(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done === true) break;
    head = concat(head, next.value);
  }
  const close = async (): Promise<void> => {
    await source.return?.();
  };
  return {
    head,
    async *whole() {
      try {
        if (head.length > 0) yield head;
        for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
      } finally {
        await close();
      }
    },
    close,
  };
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function unreadable(message: string): IndexingError {
  return new IndexingError({ code: 'input-gzip', message });
}

function streamOf(blocks: AsyncGenerator<Uint8Array>): ReadableStream<BufferSource> {
  return new ReadableStream<BufferSource>({
    async pull(controller) {
      const next = await blocks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
    async cancel() {
      await blocks.return(undefined);
    },
  });
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
