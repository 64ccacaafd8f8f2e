/**
 * The files of one corpus in the state directory, by name: `<stage>/<file>`. They are how one stage hands over to the
 * next, in one process or through Nx.
 */
export interface Artifacts {
  /** Streams a file. Fails with `artifact-missing` where it is not there. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** Writes a file; it appears whole under its name when the writer is closed, and not at all when it is discarded. */
  write(name: string): Promise<ArtifactWriter>;
  /** Deletes a file, if it is there. */
  remove(name: string): Promise<void>;
  /** A place for temporary files that nobody else sees. */
  scratch(): Promise<Scratch>;
}

export interface ArtifactWriter {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  /** Leaves no trace; does nothing once closed or discarded. */
  discard(): Promise<void>;
}

/** Temporary files; `dispose` deletes them all. */
export interface Scratch {
  write(name: string): Promise<ArtifactWriter>;
  read(name: string): AsyncIterable<Uint8Array>;
  dispose(): Promise<void>;
}

/** Vectors by embedding key. */
export interface EmbeddingReader {
  /** Vectors in the order of the keys; undefined where there is none. Fails where a line is damaged. */
  vectors(keys: readonly string[]): Promise<(Float32Array | undefined)[]>;
  /**
   * Whether each was read back from a store and did not come from the embedding service: comparing it with that store
   * proves nothing. False where there is none.
   */
  areRecovered(keys: readonly string[]): Promise<boolean[]>;
}

/** The vectors of one corpus, by embedding key. */
export interface EmbeddingSlice extends EmbeddingReader {
  close(): Promise<void>;
}

/** A vector to keep. */
export interface CacheEntry {
  readonly key: string;
  readonly vector: Float32Array;
  /** True for one that was read back from a store. */
  readonly isRecovered?: boolean;
}

/** All vectors of one model that were ever paid for, by embedding key. */
export interface EmbeddingCache extends EmbeddingReader {
  has(key: string): boolean;
  /** Keeps vectors; they are on disk when it returns. */
  append(entries: readonly CacheEntry[]): Promise<void>;
  /** Takes over what an earlier slice of the corpus holds and the cache does not. Returns how many. */
  adoptSlice(): Promise<number>;
  /** Writes the corpus's slice for keys that come sorted and without repeats. Returns how many. */
  writeSlice(keys: AsyncIterable<string>): Promise<number>;
}
