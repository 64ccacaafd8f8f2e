/** Bytes that are gathered piece by piece, up to a limit. */
export interface ByteList {
  /** Appends a copy of a piece; undefined stands for a piece that is larger than the limit. */
  push(piece: Uint8Array | undefined): void;
  /** Whether nothing was pushed since it was made or cleared. */
  isEmpty(): boolean;
  /** All bytes, or undefined where they are more than the limit. They change with the next push. */
  whole(): Uint8Array | undefined;
  clear(): void;
}

/** Room for the first pieces; it doubles when it is full. */
const FIRST_BYTES = 1024;

/** Holds at most twice `bytesMax` bytes, however many pieces they come in. */
export function createByteList(bytesMax: number): ByteList {
  let room: Uint8Array = new Uint8Array(0);
  let bytes = 0;
  return {
    push(piece) {
      const end = bytes + (piece?.length ?? bytesMax + 1);
      if (piece !== undefined && end <= bytesMax) {
        if (end > room.length) {
          const larger = new Uint8Array(Math.max(FIRST_BYTES, 2 * room.length, end));
          larger.set(room.subarray(0, bytes));
          room = larger;
        }
        room.set(piece, bytes);
      }
      bytes = end;
      if (bytes > bytesMax) room = new Uint8Array(0);
    },
    isEmpty: () => bytes === 0,
    whole: () => (bytes > bytesMax ? undefined : room.subarray(0, bytes)),
    clear() {
      bytes = 0;
    },
  };
}
