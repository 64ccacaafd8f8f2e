import type { EmbedderIdentity } from '@lockstep/model';
import { expectedChunks, pointsAt, rowsOf, type HeldChunk, type Query } from './held-by-stores.ts';

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
  /** The vector that a text should have; where it is left out, only its length is looked at. */
  readonly vectorOf?: (text: string) => Float32Array;
  /** The stores hold other corpora too, which are left out. Otherwise nothing else may be there. */
  readonly isAmongOthers?: boolean;
}

/**
 * Reads both stores of one corpus back, past the program, and says what is lost, too much or another than it should be:
 * ids, hashes, keys, models, texts and vectors. Empty where all is well.
 */
export async function heldProblems(options: HeldOptions): Promise<string[]> {
  const { corpus, records, identity, vectorOf } = options;
  const isMeant = (held: HeldChunk): boolean => options.isAmongOthers !== true || held.corpus === corpus;
  const expected = expectedChunks(corpus, records, identity);
  // One more than there should be, to see one that is too much.
  const limit = Math.max(1000, records.length + 1);
  const points = (await pointsAt(options.qdrantUrl, options.collection, limit)).filter(isMeant);
  const rows = (await rowsOf(options.query, options.table)).filter(isMeant);
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
