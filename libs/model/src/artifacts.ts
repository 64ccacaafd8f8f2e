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

/** The vectors of one corpus, by embedding key. */
export interface EmbeddingSlice {
  /** Vectors in the order of the keys; undefined where the slice has none. Fails where a line is damaged. */
  vectors(keys: readonly string[]): Promise<(Float32Array | undefined)[]>;
  close(): Promise<void>;
}

/** All vectors of one model that were ever paid for, by embedding key. */
export interface EmbeddingCache {
  has(key: string): boolean;
  /** Keeps vectors; they are on disk when it returns. */
  append(entries: readonly { readonly key: string; readonly vector: Float32Array }[]): Promise<void>;
  /** Takes over what an earlier slice of the corpus holds and the cache does not. Returns how many. */
  adoptSlice(): Promise<number>;
  /** Writes the corpus's slice for keys that come sorted and without repeats. Returns how many. */
  writeSlice(keys: AsyncIterable<string>): Promise<number>;
}
