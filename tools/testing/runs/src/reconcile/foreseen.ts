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
  type Contents,
  type Loaded,
  type Told,
} from './expected.ts';
import type { Held, PointCopy } from './held.ts';
import type { CorpusTraits, Wants } from './what-is-wanted.ts';

/** What a run is to do to what it found, if nothing disturbs it. */
export interface Foreseen {
  /** Points before its loads, where it repairs what stays. */
  readonly repaired?: ReadonlyMap<string, PointCopy>;
  /** Its loads. */
  readonly points: Loaded<PointCopy>;
  readonly rows: Loaded<IndexedChunk>;
  /** What both stores hold in the end. */
  readonly end: Contents;
  readonly costs: RigCosts;
  /** The nonce of each store that provision gives; of a drop none. */
  readonly nonces: Readonly<Partial<Record<StoreName, string>>>;
  /** Nonce and count of each stamp, unless verify withdraws it. */
  readonly stamps: Readonly<Partial<Record<StoreName, { readonly nonce: string; readonly count: number }>>>;
  /** What its verify tells; a drop has none. */
  readonly told: readonly Told[] | undefined;
}

/** What is known when a run begins. */
export interface Outset {
  readonly before: Held;
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

/** What a load of a corpus is to do. A store with a stamp is believed its labels; another one is not. */
export function foreseeLoad(wants: Wants, { before, paid, runId }: Outset, choices: LoadChoices): Foreseen {
  const { points: held, rows: table, stamps } = before;
  const nonceOf = (store: StoreName, count: number): string => {
    const stamp = stamps[store];
    return stamp?.count === count && choices.isStampOf(wants, stamp.nonce) ? stamp.nonce : runId;
  };
  const nonces = { qdrant: nonceOf('qdrant', held.size), neon: nonceOf('neon', table.size) };
  const belief = (store: StoreName): Belief => (stamps[store] === undefined ? 'content' : 'labels');
  const points = choices.isReplayed('qdrant')
    ? untouched(held)
    : loadedPoints(held, wants, belief('qdrant'), () => true);
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
    told: differencesOf(end, wants, { hasVector: () => true, vectors: choices.level === 'vectors' }),
  };
}

/** What a repair is to do: what stays is made anew from its rows, and then nothing is believed. */
export function foreseeRepair(
  traits: CorpusTraits,
  wants: Wants,
  { before, paid, runId }: Outset,
  { pay }: { readonly pay: boolean },
): Foreseen {
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
      // Points were left without their vector: the store is not what its stamp would say.
      ...(points.left.length > 0 ? {} : { qdrant: { nonce: runId, count: end.points.size } }),
      neon: { nonce: runId, count: end.rows.size },
    },
    told: differencesOf(end, wants, { hasVector: isSliced, vectors: true }),
  };
}

/** What a drop is to do. */
export function foreseeDrop({ before }: Outset): Foreseen {
  const points = { ...untouched(before.points), goal: new Map(), deleted: [...before.points.keys()] };
  const rows = { ...untouched(before.rows), goal: new Map(), deleted: [...before.rows.keys()] };
  return {
    points,
    rows,
    end: { points: points.goal, rows: rows.goal },
    costs: costsOf(points, rows, { requests: 0, inputs: 0 }),
    nonces: {},
    stamps: {},
    told: undefined,
  };
}

/** Whether a load is refused: one of the stores would lose more than both numbers. */
export function isRefused({ points, rows }: Foreseen, { before }: Outset, { percent, count }: DeleteLimit): boolean {
  return [
    [points.deleted.length, before.points.size],
    [rows.deleted.length, before.rows.size],
  ].some(([gone = 0, held = 0]) => gone > count && gone > (held * percent) / 100);
}

function untouched<Copy>(held: ReadonlyMap<string, Copy>): Loaded<Copy> {
  return { goal: held, whole: [], description: [], deleted: [], left: [] };
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
