import type { Embedder, IndexedChunk, RowStore, VectorStore } from '@lockstep/model';

export interface SearchOptions {
  readonly embedder: Embedder;
  readonly vectors: VectorStore;
  readonly rows: RowStore;
  /** Searches this corpus. @default all corpora in the stores */
  readonly corpus?: string;
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SearchResult {
  /** Best first. */
  readonly found: readonly { readonly score: number; readonly row: IndexedChunk & { readonly corpus: string } }[];
  /** Hits that are left out, since no row has the same content: a load is under way, or the stores have drifted. */
  readonly dropped: number;
  /** Where nothing was found: the corpora that have rows. */
  readonly stored?: readonly string[];
}

/**
 * Answers a question from both stores: the nearest points, joined with their rows by id and content hash. A hit without
 * such a row is left out, since two stores cannot change at the same instant.
 */
export async function search(question: string, options: SearchOptions): Promise<SearchResult> {
  const { embedder, vectors, rows, corpus, limit, signal } = options;
  const call = { signal };
  const reply = await embedder.embed([question], call);
  const query = { vector: reply.vectors[0] as Float32Array, limit, ...(corpus === undefined ? {} : { corpus }) };
  const hits = await vectors.search(query, call);
  const byId = new Map(
    (
      await rows.rows(
        hits.map(({ pointId }) => pointId),
        call,
      )
    ).map((row) => [row.pointId, row]),
  );
  const found = hits.flatMap(({ pointId, score, payload }) => {
    const row = byId.get(pointId);
    return row !== undefined && row.contentHash === payload['content_hash'] ? [{ score, row }] : [];
  });
  const dropped = hits.length - found.length;
  if (hits.length > 0) return { found, dropped };
  const { corpora } = await rows.census(call);
  return { found, dropped, stored: corpora.map(({ corpus: name }) => name) };
}
