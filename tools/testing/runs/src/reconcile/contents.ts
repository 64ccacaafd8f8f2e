import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  type IndexedChunk,
  type Stamp,
  type StoreName,
} from '@lockstep/model';
import type { AllStores } from '@lockstep/pipeline';
import { stubVector } from '@lockstep/testing-ports';

/** A point in the model: the text of its vector stands for the vector. */
export interface PointCopy {
  readonly payload: Readonly<Record<string, JsonValue>>;
  readonly vectorOf: string;
}

/** A point or a row. */
export type Copy = PointCopy | IndexedChunk;

/** What both stores contain of one corpus, by point id, and what the ledger has of it. */
export interface Contents {
  readonly points: ReadonlyMap<string, PointCopy>;
  readonly rows: ReadonlyMap<string, IndexedChunk>;
  readonly stamps: Readonly<Record<StoreName, Stamp | undefined>>;
  /** The fence of the ledger. */
  readonly fence: number;
}

/** Reads the contents of a corpus through the ports. `textOf` gives the text of a vector. */
export async function readContents(
  { vectors, rows, ledger }: AllStores,
  corpus: string,
  textOf: (vector: Float32Array) => string,
): Promise<Contents> {
  const payloads = new Map<string, PointCopy['payload']>();
  for await (const page of vectors.scan(corpus))
    for (const { pointId, payload } of page) payloads.set(pointId, payload);
  const found = await vectors.vectors([...payloads.keys()]);
  const points = Array.from(payloads, ([pointId, payload]) => {
    const vector = found.get(pointId);
    return [pointId, { payload, vectorOf: vector === undefined ? 'none' : textOf(vector) }] as const;
  });
  const table = new Map<string, IndexedChunk>();
  for await (const page of rows.scanRows(corpus)) {
    // A store may return its corpus with a row.
    for (const { corpus: _, ...row } of page as readonly (IndexedChunk & { readonly corpus?: string })[]) {
      table.set(row.pointId, row);
    }
  }
  const stamps = { qdrant: await ledger.stamp(corpus, 'qdrant'), neon: await ledger.stamp(corpus, 'neon') };
  return { points: new Map(points), rows: table, stamps, fence: (await ledger.fenceHolder(corpus))?.fence ?? 0 };
}

/** Finds the text of a vector among these texts; `of none of them` if it is the vector of another. */
export function textsByVector(texts: readonly string[], dimensions: number): (vector: Float32Array) => string {
  const known = texts.map((text) => ({ text, vector: stubVector(text, dimensions) }));
  return (vector) =>
    known.find((one) => one.vector.every((value, at) => Math.abs(value - (vector[at] as number)) < 1e-5))?.text ??
    'of none of them';
}

/** A text that is the same for equal copies, whatever the order of their fields. */
export function printed(copy: Copy | undefined): string {
  return copy === undefined ? 'nothing' : canonicalJson({ ...copy } as unknown as JsonObject);
}

/** A text that is the same for stores with equal copies. */
export function printedAll(copies: ReadonlyMap<string, Copy>): string {
  return [...copies]
    .map(([id, copy]) => `${id} ${printed(copy)}`)
    .toSorted()
    .join('\n');
}
