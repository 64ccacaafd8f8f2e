import { IndexingError } from '@lockstep/model';

/**
 * Undoes gzip where the bytes start with its magic number; other input passes through as it is.
 *
 * Fails with `input-gzip` for gzip that is cut, damaged, followed by anything, or gzip again inside.
 */
export async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = bytes[Symbol.asyncIterator]();
  let head = new Uint8Array(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done === true) break;
    head = concat(head, next.value);
  }
  const rest = prepend(head, source);
  if (!isGzip(head)) {
    yield* rest;
    return;
  }
  let first = true;
  const reader = streamOf(rest).pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        if (error instanceof IndexingError) throw error;
        throw unreadable(
          'The input is gzip, but cut, damaged, or followed by something else; one member alone is read.',
        );
      });
      if (done) return;
      // A block of the stream has the two bytes, or is all that there is.
      if (first && isGzip(value)) throw unreadable('The input is gzip inside gzip; expected it compressed once.');
      first = false;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
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

async function* prepend(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
