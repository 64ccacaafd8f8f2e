import { askQdrant, expectedChunks, rowsOf, type HeldChunk, type Query } from './held-by-stores.ts';
import type { EmbedderIdentity } from '@lockstep/model';

/** Float32 numbers of one text, normalised twice. */
const TOLERANCE = 1e-6;

/** What is to be held, and where. */
export interface HeldOptions {
  readonly corpus: string;
  readonly collection: string;
  readonly table: string;
  readonly records: readonly object[];
  readonly identity: EmbedderIdentity;
  /** The server itself, and not what fails before it. */
  readonly qdrantUrl: string;
  readonly query: Query;
  readonly vectorOf: (text: string) => Float32Array;
}

/**
 * Reads both stores of one corpus back, past the program, and says what is lost, too much or another than it should be:
 * ids, hashes, keys, texts and vectors. Empty where all is well.
 */
export async function heldProblems(options: HeldOptions): Promise<string[]> {
  const { corpus, records, identity, qdrantUrl, collection, table } = options;
  const expected = expectedChunks(corpus, records, identity);
  const { points } = (await askQdrant(`${qdrantUrl}/collections/${collection}/points/scroll`, {
    // One more than there should be, to see one that is too much.
    limit: records.length + 1,
    with_payload: true,
    with_vector: true,
  })) as { points: { id: string; payload: Record<string, unknown>; vector: number[] }[] };
  const heldPoints = points.map(({ id, payload }) => ({
    pointId: id,
    corpus: payload['corpus'],
    chunkId: payload['chunk_id'],
    contentHash: payload['content_hash'],
    embeddingKey: payload['embedding_key'],
  }));
  const heldRows = await rowsOf(options.query, table);
  const problems = [...differences('qdrant', expected, heldPoints), ...differences('neon', expected, heldRows)];
  const textOf = new Map(expected.map(({ pointId, text }) => [pointId, text]));
  for (const { pointId, chunkId, text } of heldRows) {
    if (text !== textOf.get(String(pointId))) problems.push(`neon holds another text of ${String(chunkId)}`);
  }
  for (const { id, vector } of points) {
    const wanted = options.vectorOf(textOf.get(id) ?? '');
    const off = Math.max(...vector.map((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN))));
    if (!(off < TOLERANCE) || vector.length !== wanted.length) problems.push(`qdrant holds another vector of ${id}`);
  }
  return problems;
}

function differences(store: string, expected: readonly HeldChunk[], held: readonly HeldChunk[]): string[] {
  const label = (chunk: HeldChunk): string =>
    [chunk.pointId, chunk.corpus, chunk.chunkId, chunk.contentHash, chunk.embeddingKey].join(' ');
  const wanted = new Set(expected.map(label));
  const found = held.map(label);
  const foundOnce = new Set(found);
  return [
    ...[...wanted].filter((one) => !foundOnce.has(one)).map((one) => `${store} lacks ${one}`),
    ...[...foundOnce].filter((one) => !wanted.has(one)).map((one) => `${store} holds what it should not: ${one}`),
    ...(found.length === foundOnce.size ? [] : [`${store} holds a chunk twice`]),
  ];
}
