import { contentHashOf, embeddingKeyOf, type IndexedChunk, type StoreName } from '@lockstep/model';
import { shown, type Held, type PointCopy } from './held.ts';
import { rightPoint, type CorpusTraits, type Wants } from './what-is-wanted.ts';

/** Labels alone, as a load compares a store that has a stamp, or all that is stored. */
export type Belief = 'labels' | 'content';

/** What a load is to leave in one store, and the fewest changes that get there. */
export interface Loaded<Copy> {
  readonly goal: ReadonlyMap<string, Copy>;
  /** Point ids by what is done to them. */
  readonly whole: readonly string[];
  readonly description: readonly string[];
  readonly deleted: readonly string[];
  /** Not written, since nobody has the vector. */
  readonly left: readonly string[];
}

/** What a load of the points is to do. `hasVector` says of an embedding key whether the slice has its vector. */
export function loadedPoints(
  held: ReadonlyMap<string, PointCopy>,
  wants: Wants,
  belief: Belief,
  hasVector: (embeddingKey: string) => boolean,
): Loaded<PointCopy> {
  const goal = new Map(held);
  const whole: string[] = [];
  const description: string[] = [];
  const left: string[] = [];
  for (const [id, right] of wants.points) {
    const actual = held.get(id);
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
  const deleted = gone(held, wants, pointDocument);
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
  held: ReadonlyMap<string, IndexedChunk>,
  wants: Wants,
  belief: Belief,
): Loaded<IndexedChunk> {
  const goal = new Map(held);
  const whole: string[] = [];
  for (const [id, right] of wants.rows) {
    const actual = held.get(id);
    const same =
      actual !== undefined &&
      (belief === 'content'
        ? shown(actual) === shown(right)
        : actual.contentHash === right.contentHash && actual.embeddingKey === right.embeddingKey);
    if (same) continue;
    whole.push(id);
    goal.set(id, right);
  }
  const deleted = gone(held, wants, ({ documentId }) => documentId);
  for (const id of deleted) goal.delete(id);
  return { goal, whole, description: [], deleted, left: [] };
}

function gone<Copy>(
  held: ReadonlyMap<string, Copy>,
  wants: Wants,
  documentOf: (copy: Copy) => string | null,
): string[] {
  return [...held]
    .filter(([id, copy]) => !wants.rows.has(id) && !wants.held.has(id) && wants.goes(documentOf(copy)))
    .map(([id]) => id);
}

/** What stays though the file says nothing of it. */
function staying<Copy>(
  held: ReadonlyMap<string, Copy>,
  wants: Wants,
  documentOf: (copy: Copy) => string | null,
): [string, Copy][] {
  const deleted = new Set(gone(held, wants, documentOf));
  return [...held].filter(([id]) => !wants.rows.has(id) && !deleted.has(id));
}

const pointDocument = ({ payload }: PointCopy): string | null =>
  typeof payload['document_id'] === 'string' ? payload['document_id'] : null;

const samePayload = (a: PointCopy['payload'], b: PointCopy['payload']): boolean =>
  shown({ payload: a, vectorOf: '' }) === shown({ payload: b, vectorOf: '' });

/** What both stores hold. */
export type Contents = Pick<Held, 'points' | 'rows'>;

/** What is wrong with the two copies of something that stays. */
type Apart =
  | { readonly problem: 'no-row'; readonly id: string; readonly point: PointCopy }
  | { readonly problem: 'no-point' | 'apart' | 'altered'; readonly id: string; readonly row: IndexedChunk };

function apartIn({ points, rows }: Contents, wants: Wants): Apart[] {
  const problems: Apart[] = [];
  for (const [id, point] of staying(points, wants, pointDocument)) {
    const row = rows.get(id);
    if (row === undefined) problems.push({ problem: 'no-row', id, point });
    else if (contentHashOf(row) !== row.contentHash) problems.push({ problem: 'altered', id, row });
    else if (!isOfRow(point, row)) problems.push({ problem: 'apart', id, row });
  }
  for (const [id, row] of staying(rows, wants, ({ documentId }) => documentId)) {
    if (points.has(id)) continue;
    problems.push({ problem: contentHashOf(row) === row.contentHash ? 'no-point' : 'altered', id, row });
  }
  return problems;
}

/** Whether a point is labelled as its row is; what else it carries is not looked at. */
function isOfRow({ payload }: PointCopy, { chunkId, documentId, contentHash, embeddingKey }: IndexedChunk): boolean {
  return (
    payload['chunk_id'] === chunkId &&
    payload['document_id'] === documentId &&
    payload['content_hash'] === contentHash &&
    payload['embedding_key'] === embeddingKey
  );
}

/** What a repair is to do about what stays, before its loads. */
export interface Repaired {
  readonly points: ReadonlyMap<string, PointCopy>;
  readonly rebuilt: number;
  readonly deleted: number;
  /** Embedding keys that are paid for. */
  readonly paid: readonly string[];
}

/** `hasVector` is about the whole cache here. */
export function repairedPoints(
  traits: CorpusTraits,
  contents: Contents,
  wants: Wants,
  { hasVector, pay }: { readonly hasVector: (embeddingKey: string) => boolean; readonly pay: boolean },
): Repaired {
  const points = new Map(contents.points);
  const paid: string[] = [];
  let rebuilt = 0;
  let deleted = 0;
  for (const found of apartIn(contents, wants)) {
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

/** A vector for a row is that of its text; a row whose key is of something else gets none. */
function isKeyOfText({ model, dimensions }: CorpusTraits, row: IndexedChunk): boolean {
  return row.embeddingKey === embeddingKeyOf({ model, host: null, dimensions }, row.text);
}

/** A difference that a verify is to tell, as one line of text: `<side> <kind> <chunk id>`. */
export type Told = string;

/** What a verify at level `content` or `vectors` is to tell of stores that hold `contents`. */
export function differencesOf(
  contents: Contents,
  wants: Wants,
  { hasVector, vectors }: { readonly hasVector: (embeddingKey: string) => boolean; readonly vectors: boolean },
): Told[] {
  const told: Told[] = [];
  const { points, rows } = contents;
  for (const [id, right] of wants.points) {
    const { chunkId, embeddingKey } = wants.rows.get(id) as IndexedChunk;
    const point = points.get(id);
    const row = rows.get(id);
    const known = hasVector(embeddingKey);
    if (!known) told.push(`cache missing ${chunkId}`);
    if (point === undefined) told.push(`qdrant missing ${chunkId}`);
    else if (!samePayload(point.payload, right.payload)) told.push(`qdrant stale ${chunkId}`);
    else if (vectors && known && point.vectorOf !== right.vectorOf) told.push(`qdrant vector ${chunkId}`);
    if (row === undefined) told.push(`neon missing ${chunkId}`);
    else if (shown(row) !== shown(wants.rows.get(id))) told.push(`neon stale ${chunkId}`);
  }
  for (const id of gone(points, wants, pointDocument)) told.push(`qdrant orphaned ${nameOf(points.get(id))}`);
  for (const id of gone(rows, wants, ({ documentId }) => documentId)) {
    told.push(`neon orphaned ${rows.get(id)?.chunkId}`);
  }
  for (const found of apartIn(contents, wants)) {
    if (found.problem === 'no-row') told.push(`neon missing ${nameOf(found.point)}`);
    else if (found.problem === 'no-point') told.push(`qdrant missing ${found.row.chunkId}`);
    else if (found.problem === 'apart') told.push(`qdrant apart ${found.row.chunkId}`);
    else told.push(`neon stale ${found.row.chunkId}`);
  }
  return told.toSorted();
}

const nameOf = (point: PointCopy | undefined): string => String(point?.payload['chunk_id'] ?? '');

/** Whether any of what a verify tells is the fault of a store. */
export function isAtFault(told: readonly Told[], store: StoreName): boolean {
  return told.some((line) => line.startsWith(`${store} `));
}
