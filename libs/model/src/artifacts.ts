/**
 * The files of one corpus in the state directory, by name: `<stage>/<file>`. Each stage passes its results to the next
 * ones in them, in one process or through Nx.
 */
export interface Artifacts {
  /** Streams a file. Fails with `artifact-missing` if it does not exist. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** Writes a file, which appears under its name when the writer is closed, and not if it is discarded. */
  write(name: string): Promise<ArtifactWriter>;
  /** Deletes a file, if it exists. */
  remove(name: string): Promise<void>;
  /** Where people find a file, as messages name it; undefined if it does not outlast the command. */
  placeOf(name: string): string | undefined;
  /** Creates a folder for temporary files that only the caller sees. */
  scratch(): Promise<Scratch>;
}

export interface ArtifactWriter {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  /** Removes what was written. Does nothing after `close` or `discard`. */
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
  /** Vectors in the order of the keys; undefined for a key without one. Fails if a line is damaged. */
  vectors(keys: readonly string[]): Promise<(Float32Array | undefined)[]>;
  /**
   * Whether each vector was read back from a store instead of coming from the embedding service: comparing it with that
   * store proves nothing. False for a key without a vector.
   */
  areRecovered(keys: readonly string[]): Promise<boolean[]>;
}

/** The vectors of one corpus, by embedding key. */
export interface EmbeddingSlice extends EmbeddingReader {
  close(): Promise<void>;
}

/** A vector to add to the cache. */
export interface CacheEntry {
  readonly key: string;
  readonly vector: Float32Array;
  /** Whether the vector was read back from a store. @default false */
  readonly isRecovered?: boolean;
}

/** All vectors of one model that were ever paid for, by embedding key. */
export interface EmbeddingCache extends EmbeddingReader {
  has(key: string): boolean;
  /** Adds vectors; they are on disk when it returns. */
  append(entries: readonly CacheEntry[]): Promise<void>;
  /** Adds the vectors of an earlier slice of the corpus that the cache lacks. Returns how many. */
  adoptSlice(): Promise<number>;
  /** Writes the slice of the corpus for keys that are sorted and without repeats. Returns how many. */
  writeSlice(keys: AsyncIterable<string>): Promise<number>;
}
