import type { CallOptions, RowStore, StoreName, VectorStore, IndexedChunk } from '@lockstep/model';
import { comparablePoints } from '../compare/comparable-points.ts';
import { comparableRows } from '../compare/comparable-rows.ts';
import type { DifferenceLog } from './difference-log.ts';
import { LOOKUP_ITEMS } from '../work/in-batches.ts';
import { changes, type Change, type StoredState } from '../compare/changes.ts';
import type { StageContext } from '../work/stage-context.ts';
import { createVectorCheck, type VectorCheck } from '../compare/vector-distance.ts';
import type { VerifyInput } from './verify-options.ts';
import type { Difference } from '../receipts.ts';

/** Chunks that both stores must have, and held ones that they may have as well. */
export interface WantedCounts {
  readonly chunks: number;
  readonly held: number;
}

/** How many items of a corpus a store has: all, and the held and kept ones among them. */
export interface StoreCounts {
  readonly count: number;
  readonly held: number;
  readonly kept: number;
}

/** Compares the points with the corpus, and at level `vectors` with the slice. `level` says how much is compared. */
export async function verifyPoints(
  context: StageContext,
  options: VerifyInput,
  vectors: VectorStore,
  wanted: WantedCounts,
  log: DifferenceLog,
): Promise<StoreCounts & { readonly notComparable: number }> {
  const { artifacts, corpus, signal } = context;
  const { level, projection } = options;
  const call = { signal };
  if (level === 'counts') {
    const counts = await countOnly('qdrant', await vectors.count(corpus, call), options, wanted, log);
    return { ...counts, notComparable: 0 };
  }

  const comparable = comparablePoints(vectors, projection, level === 'ids' ? 'labels' : 'content', call);
  const counts = { count: 0, held: 0, kept: 0 };
  const isSame = createVectorCheck(vectors, call);
  let notComparable = 0;
  let sample: IndexedChunk[] = [];
  let seen = 0;
  for await (const change of changes(artifacts, comparable, options)) {
    tally(counts, change);
    await logDifference('qdrant', change, log);
    if (level !== 'vectors' || change.kind !== 'unchanged') continue;
    if (seen % options.vectorsEvery === 0) sample.push(change.wanted.chunk());
    seen += 1;
    if (sample.length === LOOKUP_ITEMS) {
      notComparable += await compareVectors(sample, options, vectors, { isSame, call, log });
      sample = [];
    }
  }
  if (sample.length > 0) notComparable += await compareVectors(sample, options, vectors, { isSame, call, log });
  return { ...counts, notComparable };
}

/** Compares stored vectors with those of the slice. Returns how many vectors of the slice were recovered from a store. */
async function compareVectors(
  chunks: readonly IndexedChunk[],
  { slice }: VerifyInput,
  vectors: VectorStore,
  { isSame, call, log }: { readonly isSame: VectorCheck; readonly call: CallOptions; readonly log: DifferenceLog },
): Promise<number> {
  const keys = chunks.map(({ embeddingKey }) => embeddingKey);
  const cached = await slice.vectors(keys);
  const recovered = await slice.areRecovered(keys);
  const stored = await vectors.vectors(
    chunks.map(({ pointId }) => pointId),
    call,
  );
  for (const [at, chunk] of chunks.entries()) {
    const expected = cached[at];
    const actual = stored.get(chunk.pointId);
    if (expected === undefined) continue;
    if (actual === undefined || !(await isSame(expected, actual))) {
      await log.add(difference('qdrant', 'vector', chunk, ['vector']));
    }
  }
  return recovered.filter(Boolean).length;
}

/** Compares the rows with the corpus. `level` says how much is compared. */
export async function verifyRows(
  { artifacts, corpus, signal }: StageContext,
  options: VerifyInput,
  rows: RowStore,
  wanted: WantedCounts,
  log: DifferenceLog,
): Promise<StoreCounts> {
  const { level } = options;
  const call = { signal };
  if (level === 'counts') return countOnly('neon', await rows.count(corpus, call), options, wanted, log);

  const comparable = comparableRows(rows, corpus, level === 'ids' ? 'labels' : 'content', call);
  const counts = { count: 0, held: 0, kept: 0 };
  for await (const change of changes(artifacts, comparable, options)) {
    tally(counts, change);
    await logDifference('neon', change, log);
  }
  return counts;
}

/** Compares only counts: at least the wanted chunks, and at most those that may be held or kept in addition. */
async function countOnly(
  store: StoreName,
  count: number,
  { deletes }: VerifyInput,
  wanted: WantedCounts,
  log: DifferenceLog,
): Promise<StoreCounts> {
  const most = deletes === 'full' ? wanted.chunks + wanted.held : Number.POSITIVE_INFINITY;
  if (count < wanted.chunks || count > most) {
    await log.add({ store, kind: 'count', point_id: null, chunk_id: null, fields: [] });
  }
  return { count, held: 0, kept: 0 };
}

function tally(counts: { count: number; held: number; kept: number }, { kind }: Change<unknown>): void {
  if (kind !== 'add') counts.count += 1;
  if (kind === 'held' || kind === 'kept') counts[kind] += 1;
}

async function logDifference(store: StoreName, change: Change<StoredState>, log: DifferenceLog): Promise<void> {
  if (change.kind === 'add') await log.add(difference(store, 'missing', change.wanted));
  else if (change.kind === 'change') await log.add(difference(store, 'stale', change.wanted, change.fields));
  else if (change.kind === 'delete') await log.add(difference(store, 'orphaned', change.actual));
}

function difference(
  store: StoreName,
  kind: Difference['kind'],
  at: { readonly pointId: string; readonly chunkId: string },
  fields: readonly string[] = [],
): Difference {
  return { store, kind, point_id: at.pointId, chunk_id: at.chunkId, fields };
}
