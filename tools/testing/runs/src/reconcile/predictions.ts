import type { IndexedChunk, StoreName } from '@lockstep/model';
import { NO_COSTS, type RigCosts } from '../corpus-rig.ts';
import type { DeleteLimit } from '@lockstep/pipeline';
import { BATCH_ITEMS } from './corpus-runs.ts';
import {
  differencesOf,
  loadedPoints,
  loadedRows,
  repairedPoints,
  type Belief,
  type Copies,
  type Loaded,
  type DifferenceLine,
} from './expected.ts';
import type { Contents, PointCopy } from './contents.ts';
import type { CorpusTraits, Wants } from './wants.ts';

/** What a run is to do with the contents that it finds, if nothing disturbs it. */
export interface Prediction {
  /** Points before the loads of a repair, when retained chunks are repaired. */
  readonly repaired?: ReadonlyMap<string, PointCopy>;
  readonly points: Loaded<PointCopy>;
  readonly rows: Loaded<IndexedChunk>;
  /** What both stores contain in the end. */
  readonly end: Copies;
  readonly costs: RigCosts;
  /** The nonce that provision gives for each store; a drop has none. */
  readonly nonces: Readonly<Partial<Record<StoreName, string>>>;
  /** Nonce and count of each stamp, unless verify withdraws it. */
  readonly stamps: Readonly<Partial<Record<StoreName, { readonly nonce: string; readonly count: number }>>>;
  /** The differences that its verify reports; undefined for a drop, which has no verify. */
  readonly differences: readonly DifferenceLine[] | undefined;
}

/** What is known when a run begins. */
export interface InitialState {
  readonly before: Contents;
  /** Keys in the embedding cache. */
  readonly paid: ReadonlySet<string>;
  readonly runId: string;
}

export interface LoadChoices {
  readonly level: 'content' | 'vectors';
  /** Whether the stamp of a store says, by its nonce, that the store was loaded with the same wants. */
  readonly isStampOf: (wants: Wants, nonce: string) => boolean;
  readonly isReplayed: (store: StoreName) => boolean;
}

/** What a load of a corpus is to do. The labels of a store are believed if it has a stamp. */
export function predictLoad(wants: Wants, { before, paid, runId }: InitialState, choices: LoadChoices): Prediction {
  const { points: stored, rows: table, stamps } = before;
  const nonceOf = (store: StoreName, count: number): string => {
    const stamp = stamps[store];
    return stamp?.count === count && choices.isStampOf(wants, stamp.nonce) ? stamp.nonce : runId;
  };
  const nonces = { qdrant: nonceOf('qdrant', stored.size), neon: nonceOf('neon', table.size) };
  const belief = (store: StoreName): Belief => (stamps[store] === undefined ? 'content' : 'labels');
  const points = choices.isReplayed('qdrant')
    ? untouched(stored)
    : loadedPoints(stored, wants, belief('qdrant'), () => true);
  const rows = choices.isReplayed('neon') ? untouched(table) : loadedRows(table, wants, belief('neon'));
  const end = { points: points.goal, rows: rows.goal };
  const missing = missingKeys(wants, paid);
  return {
    points,
    rows,
    end,
    costs: costsOf(points, rows, { requests: Math.ceil(missing / BATCH_ITEMS), inputs: missing }),
    nonces,
    stamps: {
      qdrant: { nonce: nonces.qdrant, count: points.goal.size },
      neon: { nonce: nonces.neon, count: rows.goal.size },
    },
    differences: differencesOf(end, wants, { hasVector: () => true, vectors: choices.level === 'vectors' }),
  };
}

/** What a repair is to do: points of retained chunks are made again from their rows, and then nothing is believed. */
export function predictRepair(
  traits: CorpusTraits,
  wants: Wants,
  { before, paid, runId }: InitialState,
  { pay }: { readonly pay: boolean },
): Prediction {
  const wanted = new Set([...wants.rows.values()].map(({ embeddingKey }) => embeddingKey));
  const isSliced = (key: string): boolean => paid.has(key) || pay;
  const repaired = repairedPoints(traits, before, wants, {
    hasVector: (key) => paid.has(key) || (pay && wanted.has(key)),
    pay,
  });
  const points = loadedPoints(repaired.points, wants, 'content', isSliced);
  const rows = loadedRows(before.rows, wants, 'content');
  const end = { points: points.goal, rows: rows.goal };
  const missing = pay ? missingKeys(wants, paid) : 0;
  const loading = costsOf(points, rows, {
    requests: Math.ceil(missing / BATCH_ITEMS) + repaired.paid.length,
    inputs: missing + repaired.paid.length,
  });
  return {
    repaired: repaired.points,
    points,
    rows,
    end,
    costs: {
      ...loading,
      upserted: loading.upserted + repaired.rebuilt,
      pointsDeleted: loading.pointsDeleted + repaired.deleted,
    },
    nonces: { qdrant: runId, neon: runId },
    stamps: {
      // If points were left out, the store gets no stamp.
      ...(points.left.length > 0 ? {} : { qdrant: { nonce: runId, count: end.points.size } }),
      neon: { nonce: runId, count: end.rows.size },
    },
    differences: differencesOf(end, wants, { hasVector: isSliced, vectors: true }),
  };
}

/** What a drop is to do. */
export function predictDrop({ before }: InitialState): Prediction {
  const points = { ...untouched(before.points), goal: new Map(), deleted: [...before.points.keys()] };
  const rows = { ...untouched(before.rows), goal: new Map(), deleted: [...before.rows.keys()] };
  return {
    points,
    rows,
    end: { points: points.goal, rows: rows.goal },
    costs: costsOf(points, rows, { requests: 0, inputs: 0 }),
    nonces: {},
    stamps: {},
    differences: undefined,
  };
}

/** Whether a load is refused: one of the stores would lose more than both numbers. */
export function isRefused(
  { points, rows }: Prediction,
  { before }: InitialState,
  { percent, count }: DeleteLimit,
): boolean {
  return [
    [points.deleted.length, before.points.size],
    [rows.deleted.length, before.rows.size],
  ].some(([deleted = 0, stored = 0]) => deleted > count && deleted > (stored * percent) / 100);
}

function untouched<Copy>(stored: ReadonlyMap<string, Copy>): Loaded<Copy> {
  return { goal: stored, whole: [], description: [], deleted: [], left: [] };
}

function costsOf(
  points: Loaded<PointCopy>,
  rows: Loaded<IndexedChunk>,
  embedding: Pick<RigCosts, 'requests' | 'inputs'>,
): RigCosts {
  return {
    ...NO_COSTS,
    ...embedding,
    upserted: points.whole.length,
    payloads: points.description.length,
    pointsDeleted: points.deleted.length,
    written: rows.whole.length,
    rowsDeleted: rows.deleted.length,
  };
}

function missingKeys(wants: Wants, paid: ReadonlySet<string>): number {
  const keys = new Set([...wants.rows.values()].map(({ embeddingKey }) => embeddingKey));
  return [...keys].filter((key) => !paid.has(key)).length;
}
