import { type Collection, slotRange } from '../collections/collections.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';

/** Up to `SEGMENT_ROWS` consecutive vectors; vector i is stored in slot `slots[i]`. */
export interface VectorSegment {
  readonly slots: Float64Array;
  readonly vectors: Float32Array;
  rows: number;
}

/** Rows of a segment: 6 MiB with 384 dimensions. More rows need more segments, and no vector is copied to grow. */
const SEGMENT_ROWS = 4096;

interface CachedCollection {
  readonly vectorsChanged: number;
  readonly segments: VectorSegment[];
  lastSlot: number;
}

/**
 * The vectors of collections in memory, for search only.
 *
 * Nothing is read before the first search. At most `bytesMax` are cached for all collections; the rest of a larger
 * collection is read from the file at every search, one segment at a time. Cached vectors are used only while the
 * collection's `vectors_changed`, read in the same transaction, is unchanged, since other processes write to the file
 * too. Vectors that were added later are read in addition.
 */
export class VectorSegments {
  readonly #bytesMax: number;
  readonly #cached = new Map<number, CachedCollection>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** All vectors of a collection in segments. A segment is only valid until the next one is requested. */
  *of(tx: Transaction, collection: Collection): Generator<VectorSegment> {
    const cached = this.#entryOf(collection);
    this.#extend(tx, collection, cached);
    yield* cached.segments;
    const scratch = newSegment(collection.dimensions);
    let lastSlot = cached.lastSlot;
    for (;;) {
      scratch.rows = 0;
      lastSlot = fill(tx, collection, scratch, lastSlot);
      if (scratch.rows === 0) return;
      yield scratch;
    }
  }

  #entryOf(collection: Collection): CachedCollection {
    const known = this.#cached.get(collection.id);
    this.#cached.delete(collection.id);
    const usable = known?.vectorsChanged === collection.vectors_changed;
    const entry =
      known !== undefined && usable
        ? known
        : { vectorsChanged: collection.vectors_changed, segments: [], lastSlot: slotRange(collection.id)[0] - 1 };
    // The last entry of the map was used last; entries are evicted from the first on.
    this.#cached.set(collection.id, entry);
    return entry;
  }

  /** Reads the vectors that the entry lacks, as far as memory allows. */
  #extend(tx: Transaction, collection: Collection, entry: CachedCollection): void {
    const stored = slotRange(collection.id)[0] + collection.next_slot - 1;
    while (entry.lastSlot < stored) {
      let tail = entry.segments.at(-1);
      if (tail === undefined || tail.rows === SEGMENT_ROWS) {
        if (!this.#makeRoom(collection)) return;
        tail = newSegment(collection.dimensions);
        entry.segments.push(tail);
      }
      const rowsBefore = tail.rows;
      entry.lastSlot = fill(tx, collection, tail, entry.lastSlot);
      if (tail.rows === rowsBefore) entry.lastSlot = stored;
      if (tail.rows === 0) entry.segments.pop();
    }
  }

  #makeRoom(collection: Collection): boolean {
    const wanted = SEGMENT_ROWS * (collection.dimensions * 4 + 8);
    for (const id of this.#cached.keys()) {
      if (this.#bytes() + wanted <= this.#bytesMax) return true;
      if (id !== collection.id) this.#cached.delete(id);
    }
    return this.#bytes() + wanted <= this.#bytesMax;
  }

  #bytes(): number {
    let bytes = 0;
    for (const { segments } of this.#cached.values()) {
      for (const { slots, vectors } of segments) bytes += slots.byteLength + vectors.byteLength;
    }
    return bytes;
  }
}

function newSegment(dimensions: number): VectorSegment {
  return { slots: new Float64Array(SEGMENT_ROWS), vectors: new Float32Array(SEGMENT_ROWS * dimensions), rows: 0 };
}

/** Adds the vectors after `lastSlot` until the segment is full. Returns the last slot that it read. */
function fill(tx: Transaction, collection: Collection, segment: VectorSegment, lastSlot: number): number {
  const bytes = new Uint8Array(segment.vectors.buffer);
  const stride = collection.dimensions * 4;
  const rows = tx.each<{ slot: number; vector: Uint8Array }>(
    'SELECT slot, vector FROM vectors WHERE slot > ? AND slot < ? ORDER BY slot LIMIT ?',
    lastSlot,
    slotRange(collection.id)[1],
    SEGMENT_ROWS - segment.rows,
  );
  let last = lastSlot;
  for (const { slot, vector } of rows) {
    bytes.set(vector, segment.rows * stride);
    segment.slots[segment.rows] = slot;
    segment.rows += 1;
    last = slot;
  }
  return last;
}
