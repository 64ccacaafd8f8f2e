import type { EmbedderIdentity } from '@lockstep/model';
import { expectedChunks, pointsAt, rowsOf, type ChunkInStore, type Query } from './stored-chunks.ts';

/** Largest difference of float32 numbers that were normalised twice. */
const TOLERANCE = 1e-6;

/** What the stores should hold, and where they are. */
export interface StoreProblemsOptions {
  readonly corpus: string;
  readonly collection: string;
  readonly table: string;
  readonly records: readonly object[];
  readonly identity: EmbedderIdentity;
  /** The server itself, not a faulty server in front of it. */
  readonly qdrantUrl: string;
  readonly query: Query;
  /** The vector that a text should have. @default only the length is checked */
  readonly vectorOf?: (text: string) => Float32Array;
  /** Whether the stores hold other corpora too, which are ignored. @default false: anything else is a problem */
  readonly isAmongOthers?: boolean;
}

/**
 * Reads both stores directly, without the program, and reports what is missing, superfluous or different: ids, hashes,
 * keys, models, texts and vectors of one corpus. Empty if all is right.
 */
export async function storeProblems(options: StoreProblemsOptions): Promise<string[]> {
  const { corpus, records, identity, vectorOf } = options;
  const isOwn = (chunk: ChunkInStore): boolean => options.isAmongOthers !== true || chunk.corpus === corpus;
  const expected = expectedChunks(corpus, records, identity);
  // One more than expected, to notice a superfluous one.
  const limit = Math.max(1000, records.length + 1);
  const points = (await pointsAt(options.qdrantUrl, options.collection, limit)).filter(isOwn);
  const rows = (await rowsOf(options.query, options.table)).filter(isOwn);
  const problems = [...differences('qdrant', expected, points), ...differences('neon', expected, rows)];
  const textOf = new Map(expected.map(({ pointId, text }) => [pointId, text]));
  for (const { pointId, chunkId, text } of rows) {
    if (text !== textOf.get(String(pointId))) problems.push(`neon holds another text of ${String(chunkId)}`);
  }
  for (const { pointId, model, vector } of points) {
    if (model !== identity.model) problems.push(`qdrant holds ${pointId} as of another model, ${String(model)}`);
    const wanted = vectorOf?.(textOf.get(pointId) ?? '') ?? vector;
    const off = Math.max(...vector.map((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN))));
    if (!(off < TOLERANCE) || vector.length !== identity.dimensions) {
      problems.push(`qdrant holds another vector of ${pointId}`);
    }
  }
  return problems;
}

function differences(store: string, expected: readonly ChunkInStore[], stored: readonly ChunkInStore[]): string[] {
  const label = (chunk: ChunkInStore): string =>
    [chunk.pointId, chunk.corpus, chunk.chunkId, chunk.contentHash, chunk.embeddingKey].join(' ');
  const wanted = new Set(expected.map(label));
  const found = stored.map(label);
  const foundOnce = new Set(found);
  return [
    ...[...wanted].filter((one) => !foundOnce.has(one)).map((one) => `${store} lacks ${one}`),
    ...[...foundOnce].filter((one) => !wanted.has(one)).map((one) => `${store} holds what it should not: ${one}`),
    ...(found.length === foundOnce.size ? [] : [`${store} holds a chunk twice`]),
  ];
}
