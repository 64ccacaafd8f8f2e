import { contentHashOf, embeddingKeyOf, parseRecord, pointIdOf, type EmbedderIdentity } from '@lockstep/model';

/** The fields about its chunk of a point or a row, as a store returns them. */
export interface ChunkInStore {
  readonly pointId: unknown;
  readonly corpus: unknown;
  readonly chunkId: unknown;
  readonly contentHash: unknown;
  readonly embeddingKey: unknown;
}

export interface PointInStore extends ChunkInStore {
  readonly pointId: string;
  readonly model: unknown;
  readonly vector: readonly number[];
}

export interface RowInStore extends ChunkInStore {
  readonly text: unknown;
}

/** What both stores should hold of one record. */
export interface ExpectedChunk extends ChunkInStore {
  readonly pointId: string;
  readonly text: string;
}

/** One statement to a Postgres. */
export type Query = (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** What both stores should hold of a corpus, sorted by point id. */
export function expectedChunks(
  corpus: string,
  records: readonly object[],
  embedder: EmbedderIdentity,
): ExpectedChunk[] {
  return sortedByPointId(
    records.map((record): ExpectedChunk => {
      const result = parseRecord({ ...record });
      if (!result.ok) throw new Error(`expected a record that is accepted: ${result.rejection.message}`);
      const { chunk } = result;
      return {
        pointId: pointIdOf(corpus, chunk.chunkId),
        corpus,
        chunkId: chunk.chunkId,
        contentHash: contentHashOf(chunk),
        embeddingKey: embeddingKeyOf(embedder, chunk.text),
        text: chunk.text,
      };
    }),
  );
}

/** All points of a collection, at most `limit`, sorted by id, read directly from the server at `url`. */
export async function pointsAt(url: string, collection: string, limit = 1000): Promise<PointInStore[]> {
  const { points } = (await askQdrant(`${url}/collections/${collection}/points/scroll`, {
    limit,
    with_payload: true,
    with_vector: true,
  })) as { points: { id: string; payload: Record<string, unknown>; vector: number[] }[] };
  return sortedByPointId(
    points.map(({ id, payload, vector }) => ({
      pointId: id,
      corpus: payload['corpus'],
      chunkId: payload['chunk_id'],
      contentHash: payload['content_hash'],
      embeddingKey: payload['embedding_key'],
      model: payload['model'],
      vector,
    })),
  );
}

/** All rows of a table, sorted by point id. */
export async function rowsOf(query: Query, table: string): Promise<RowInStore[]> {
  const rows = await query(
    `select point_id, corpus, chunk_id, content_hash, embedding_key, text_snippet_preview
     from "${table}" order by point_id`,
  );
  return rows.map((row) => ({
    pointId: row['point_id'],
    corpus: row['corpus'],
    chunkId: row['chunk_id'],
    contentHash: row['content_hash'],
    embeddingKey: row['embedding_key'],
    text: row['text_snippet_preview'],
  }));
}

/** Sends a request to Qdrant and returns the result. Throws for any status other than 200. */
export async function askQdrant(url: string, body: object | undefined, method = 'POST'): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { result: unknown };
  if (response.status !== 200) throw new Error(`${method} ${url}: ${response.status} ${JSON.stringify(answer)}`);
  return answer.result;
}

function sortedByPointId<Item extends { readonly pointId: string }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => (a.pointId < b.pointId ? -1 : 1));
}
