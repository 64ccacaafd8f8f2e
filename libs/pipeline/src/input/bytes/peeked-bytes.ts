/** Bytes that come in blocks, the first of which can be looked at before all are read. */
export interface PeekedBytes {
  /** What was read so far, from the start. */
  head(): Uint8Array;
  /** Reads until so many bytes are there; false where the input ends before. */
  reach(bytes: number): Promise<boolean>;
  /** All bytes, the head among them. To be asked for once. */
  whole(): AsyncGenerator<Uint8Array>;
  /** Leaves the rest unread. */
  close(): Promise<void>;
}

export function peekBytes(bytes: AsyncIterable<Uint8Array>): PeekedBytes {
  const source = bytes[Symbol.asyncIterator]();
  let blocks: Uint8Array[] = [];
  let length = 0;
  const close = async (): Promise<void> => {
    await source.return?.();
  };
  return {
    head() {
      if (blocks.length > 1) blocks = [joined(blocks, length)];
      return blocks[0] ?? new Uint8Array(0);
    },
    async reach(wanted) {
      while (length < wanted) {
        const next = await source.next();
        if (next.done === true) return false;
        blocks.push(next.value);
        length += next.value.length;
      }
      return true;
    },
    async *whole() {
      try {
        for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) yield block;
        for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
      } finally {
        await close();
      }
    },
    close,
  };
}

function joined(blocks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
