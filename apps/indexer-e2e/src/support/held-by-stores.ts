import { contentHashOf, embeddingKeyOf, parseRecord, pointIdOf, type EmbedderIdentity } from '@lockstep/model';

/** What a point, or a row, says of its chunk. */
export interface HeldChunk {
  readonly pointId: unknown;
  readonly corpus: unknown;
  readonly chunkId: unknown;
  readonly contentHash: unknown;
  readonly embeddingKey: unknown;
}

export interface HeldPoint extends HeldChunk {
  readonly pointId: string;
  readonly model: unknown;
  readonly vector: readonly number[];
}

export interface HeldRow extends HeldChunk {
  readonly text: unknown;
}

/** What both stores should hold of one record. */
export interface ExpectedChunk extends HeldChunk {
  readonly pointId: string;
  readonly text: string;
}

/** One statement to a Postgres. */
export type Query = (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** What both stores should hold of a corpus, by point id. */
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

/** The points of a collection, whoever wrote them, by id, and no more than `limit`; asked of the server at `url` itself. */
export async function pointsAt(url: string, collection: string, limit = 1000): Promise<HeldPoint[]> {
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

/** All rows of a table, whoever wrote them, by point id. */
export async function rowsOf(query: Query, table: string): Promise<HeldRow[]> {
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

/** Sends a body to a Qdrant, and gives the result. Throws for any answer but 200. */
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
