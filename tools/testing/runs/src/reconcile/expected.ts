import { contentHashOf, embeddingKeyOf, type IndexedChunk } from '@lockstep/model';
import { printed, type Contents, type PointCopy } from './contents.ts';
import { rightPoint, type CorpusTraits, type Wants } from './wants.ts';

/** What a load compares: labels alone in a store that has a stamp, everything in any other. */
export type Belief = 'labels' | 'content';

/** What one store is to contain after a load, and the fewest changes that get there. */
export interface Loaded<Copy> {
  readonly goal: ReadonlyMap<string, Copy>;
  /** Point ids by what is done to them. */
  readonly whole: readonly string[];
  readonly description: readonly string[];
  readonly deleted: readonly string[];
  /** Point ids that are not written, since their vector is not in the slice. */
  readonly left: readonly string[];
}

/** What a load of the points is to do. `hasVector` is whether the slice has the vector of an embedding key. */
export function loadedPoints(
  stored: ReadonlyMap<string, PointCopy>,
  wants: Wants,
  belief: Belief,
  hasVector: (embeddingKey: string) => boolean,
): Loaded<PointCopy> {
  const goal = new Map(stored);
  const whole: string[] = [];
  const description: string[] = [];
  const left: string[] = [];
  for (const [id, right] of wants.points) {
    const actual = stored.get(id);
    const known = hasVector(String(right.payload['embedding_key']));
    const action = actual === undefined ? 'whole' : pointAction(right, actual, belief, known);
    if (action === 'whole' && !known) left.push(id);
    else if (action === 'whole') {
      whole.push(id);
      goal.set(id, right);
    } else if (action === 'description' && actual !== undefined) {
      description.push(id);
      goal.set(id, { payload: right.payload, vectorOf: actual.vectorOf });
    }
  }
  const deleted = toDelete(stored, wants, pointDocument);
  for (const id of deleted) goal.delete(id);
  return { goal, whole, description, deleted, left };
}

function pointAction(
  { payload: right, vectorOf }: PointCopy,
  actual: PointCopy,
  belief: Belief,
  isVectorKnown: boolean,
): 'whole' | 'description' | undefined {
  const differs = (field: string): boolean => actual.payload[field] !== right[field];
  if (differs('model') || differs('embedding_key')) return 'whole';
  if (belief === 'labels') return differs('content_hash') || differs('projection') ? 'description' : undefined;
  if (isVectorKnown && actual.vectorOf !== vectorOf) return 'whole';
  return samePayload(right, actual.payload) ? undefined : 'description';
}

/** What a load of the rows is to do. */
export function loadedRows(
  stored: ReadonlyMap<string, IndexedChunk>,
  wants: Wants,
  belief: Belief,
): Loaded<IndexedChunk> {
  const goal = new Map(stored);
  const whole: string[] = [];
  for (const [id, right] of wants.rows) {
    const actual = stored.get(id);
    const same =
      actual !== undefined &&
      (belief === 'content'
        ? printed(actual) === printed(right)
        : actual.contentHash === right.contentHash && actual.embeddingKey === right.embeddingKey);
    if (same) continue;
    whole.push(id);
    goal.set(id, right);
  }
  const deleted = toDelete(stored, wants, ({ documentId }) => documentId);
  for (const id of deleted) goal.delete(id);
  return { goal, whole, description: [], deleted, left: [] };
}

/** Ids that a load is to delete. */
function toDelete<Copy>(
  stored: ReadonlyMap<string, Copy>,
  wants: Wants,
  documentOf: (copy: Copy) => string | null,
): string[] {
  return [...stored]
    .filter(([id, copy]) => !wants.rows.has(id) && !wants.held.has(id) && wants.isDeleted(documentOf(copy)))
    .map(([id]) => id);
}

/** What a load is to leave although the file does not want it. */
function retained<Copy>(
  stored: ReadonlyMap<string, Copy>,
  wants: Wants,
  documentOf: (copy: Copy) => string | null,
): [string, Copy][] {
  const deleted = new Set(toDelete(stored, wants, documentOf));
  return [...stored].filter(([id]) => !wants.rows.has(id) && !deleted.has(id));
}

const pointDocument = ({ payload }: PointCopy): string | null =>
  typeof payload['document_id'] === 'string' ? payload['document_id'] : null;

const samePayload = (a: PointCopy['payload'], b: PointCopy['payload']): boolean =>
  printed({ payload: a, vectorOf: '' }) === printed({ payload: b, vectorOf: '' });

/** The points and rows in both stores. */
export type Copies = Pick<Contents, 'points' | 'rows'>;

/** What is wrong with the point and the row of a retained chunk. */
type Mismatch =
  | { readonly problem: 'no-row'; readonly id: string; readonly point: PointCopy }
  | { readonly problem: 'no-point' | 'apart' | 'altered'; readonly id: string; readonly row: IndexedChunk };

function mismatchesIn({ points, rows }: Copies, wants: Wants): Mismatch[] {
  const problems: Mismatch[] = [];
  for (const [id, point] of retained(points, wants, pointDocument)) {
    const row = rows.get(id);
    if (row === undefined) problems.push({ problem: 'no-row', id, point });
    else if (contentHashOf(row) !== row.contentHash) problems.push({ problem: 'altered', id, row });
    else if (!isOfRow(point, row)) problems.push({ problem: 'apart', id, row });
  }
  for (const [id, row] of retained(rows, wants, ({ documentId }) => documentId)) {
    if (points.has(id)) continue;
    problems.push({ problem: contentHashOf(row) === row.contentHash ? 'no-point' : 'altered', id, row });
  }
  return problems;
}

/** Whether a point has the labels of its row; its other fields are not compared. */
function isOfRow({ payload }: PointCopy, { chunkId, documentId, contentHash, embeddingKey }: IndexedChunk): boolean {
  return (
    payload['chunk_id'] === chunkId &&
    payload['document_id'] === documentId &&
    payload['content_hash'] === contentHash &&
    payload['embedding_key'] === embeddingKey
  );
}

/** What a repair is to do about retained chunks, before its loads. */
export interface Repaired {
  readonly points: ReadonlyMap<string, PointCopy>;
  readonly rebuilt: number;
  readonly deleted: number;
  /** Embedding keys that are paid for. */
  readonly paid: readonly string[];
}

/** What a repair is to do about retained chunks. `hasVector` is about the whole cache here. */
export function repairedPoints(
  traits: CorpusTraits,
  contents: Copies,
  wants: Wants,
  { hasVector, pay }: { readonly hasVector: (embeddingKey: string) => boolean; readonly pay: boolean },
): Repaired {
  const points = new Map(contents.points);
  const paid: string[] = [];
  let rebuilt = 0;
  let deleted = 0;
  for (const found of mismatchesIn(contents, wants)) {
    if (found.problem === 'no-row') {
      points.delete(found.id);
      deleted += 1;
      continue;
    }
    const { row } = found;
    if (found.problem === 'altered' || !isKeyOfText(traits, row)) continue;
    if (!hasVector(row.embeddingKey) && !paid.includes(row.embeddingKey)) {
      if (!pay) continue;
      paid.push(row.embeddingKey);
    }
    points.set(found.id, rightPoint(traits, row));
    rebuilt += 1;
  }
  return { points, rebuilt, deleted, paid };
}

/** Whether the embedding key of a row is that of its text; otherwise a repair makes no point for it. */
function isKeyOfText({ model, dimensions }: CorpusTraits, row: IndexedChunk): boolean {
  return row.embeddingKey === embeddingKeyOf({ model, host: null, dimensions }, row.text);
}

/** A difference that a verify is to report, as one line of text: `<side> <kind> <chunk id>`. */
export type DifferenceLine = string;

/** The differences that a verify at level `content` or `vectors` is to report of stores with these contents. */
export function differencesOf(
  contents: Copies,
  wants: Wants,
  { hasVector, vectors }: { readonly hasVector: (embeddingKey: string) => boolean; readonly vectors: boolean },
): DifferenceLine[] {
  const lines: DifferenceLine[] = [];
  const { points, rows } = contents;
  for (const [id, right] of wants.points) {
    const { chunkId, embeddingKey } = wants.rows.get(id) as IndexedChunk;
    const point = points.get(id);
    const row = rows.get(id);
    const known = hasVector(embeddingKey);
    if (!known) lines.push(`cache missing ${chunkId}`);
    if (point === undefined) lines.push(`qdrant missing ${chunkId}`);
    else if (!samePayload(point.payload, right.payload)) lines.push(`qdrant stale ${chunkId}`);
    else if (vectors && known && point.vectorOf !== right.vectorOf) lines.push(`qdrant vector ${chunkId}`);
    if (row === undefined) lines.push(`neon missing ${chunkId}`);
    else if (printed(row) !== printed(wants.rows.get(id))) lines.push(`neon stale ${chunkId}`);
  }
  for (const id of toDelete(points, wants, pointDocument)) lines.push(`qdrant orphaned ${nameOf(points.get(id))}`);
  for (const id of toDelete(rows, wants, ({ documentId }) => documentId)) {
    lines.push(`neon orphaned ${rows.get(id)?.chunkId}`);
  }
  for (const found of mismatchesIn(contents, wants)) {
    if (found.problem === 'no-row') lines.push(`neon missing ${nameOf(found.point)}`);
    else if (found.problem === 'no-point') lines.push(`qdrant missing ${found.row.chunkId}`);
    else if (found.problem === 'apart') lines.push(`qdrant apart ${found.row.chunkId}`);
    else lines.push(`neon stale ${found.row.chunkId}`);
  }
  return lines.toSorted();
}

const nameOf = (point: PointCopy | undefined): string => String(point?.payload['chunk_id'] ?? '');
