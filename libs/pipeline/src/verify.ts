import {
  type DeleteMode,
  type EmbeddingSlice,
  type Ledger,
  type RowStore,
  type StoreName,
  type VectorStore,
  type WantedChunk,
} from '@lockstep/model';
import { comparablePoints } from './comparable-points.ts';
import { comparableRows } from './comparable-rows.ts';
import { FILES, readChunks } from './corpus-files.ts';
import type { Difference, VerifyCounts, VerifyLevel, VerifyReceipt } from './difference.ts';
import { changes, type Change, type StoredState } from './plan.ts';
import type { Projection } from './projection.ts';
import { readReceipt } from './receipt-file.ts';
import type { StageContext } from './stage-context.ts';
import type { ValidateReceipt } from './validate.ts';
import { vectorDistance, VECTOR_TOLERANCE } from './vector-distance.ts';

export interface VerifyOptions {
  /** A store that is left out is not looked at. */
  readonly vectors?: VectorStore;
  readonly rows?: RowStore;
  readonly ledger?: Ledger;
  readonly slice: EmbeddingSlice;
  readonly projection: Projection;
  readonly deletes: DeleteMode;
  readonly level: VerifyLevel;
  /** At level `vectors`: compare one vector in so many, 1 for all. */
  readonly vectorsEvery: number;
}

/** Ids or keys that are asked for at once while verifying. */
const LOOKUP_ITEMS = 128;

/**
 * Compares the corpus, its slice of the cache, and what both stores hold now, and writes the verify receipt. A store
 * that differs loses its stamp, so that the next load really loads. It never throws for a difference: see `ok`.
 */
export async function verify(context: StageContext, options: VerifyOptions): Promise<VerifyReceipt> {
  const { artifacts, corpus, clock, logger } = context;
  const { vectors, rows, ledger, level } = options;
  const startedAt = clock.now();
  const validated = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
  await artifacts.remove(FILES.verifyReceipt);
  const report = createReport();

  const cache = await verifyCache(context, options, report);
  const points = vectors === undefined ? undefined : await verifyPoints(context, options, vectors, validated, report);
  const stored = rows === undefined ? undefined : await verifyRows(context, options, rows, validated, report);

  for (const store of ['qdrant', 'neon'] as const) {
    if (report.storesAtFault.has(store)) await ledger?.removeStamp(corpus, store);
  }
  const counts: VerifyCounts = {
    input: validated.accepted,
    cache,
    qdrant: points?.count ?? null,
    neon: stored?.count ?? null,
  };
  const receipt: VerifyReceipt = {
    ok: report.differences.length === 0,
    corpus,
    level,
    counts,
    held: Math.max(points?.held ?? 0, stored?.held ?? 0),
    kept: Math.max(points?.kept ?? 0, stored?.kept ?? 0),
    targets: {
      ...(vectors === undefined ? {} : { qdrant: vectors.target }),
      ...(rows === undefined ? {} : { neon: rows.target }),
    },
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
    differencesCount: report.differences.length,
    differences: report.differences,
  };
  const writer = await artifacts.write(FILES.verifyReceipt);
  await writer.write(`${JSON.stringify(receipt, null, 2)}\n`);
  await writer.close();
  logger.info('corpus-verified', { ...counts, ok: receipt.ok, differences: report.differences.length });
  return receipt;
}

interface Report {
  add(difference: Difference): void;
  readonly differences: Difference[];
  readonly storesAtFault: Set<StoreName>;
}

function createReport(): Report {
  const differences: Difference[] = [];
  const storesAtFault = new Set<StoreName>();
  return {
    differences,
    storesAtFault,
    add(difference) {
      differences.push(difference);
      if (difference.store !== 'cache') storesAtFault.add(difference.store);
    },
  };
}

/** How many chunks have a sound vector in the slice. */
async function verifyCache(
  { artifacts, onProgress }: StageContext,
  { slice }: VerifyOptions,
  report: Report,
): Promise<number> {
  let found = 0;
  for await (const batch of batches(readChunks(artifacts))) {
    const vectors = await slice.vectors(batch.map(({ embeddingKey }) => embeddingKey));
    batch.forEach((chunk, at) => {
      if (vectors[at] === undefined) report.add(difference('cache', 'missing', chunk));
      else found += 1;
    });
    onProgress?.(found, undefined);
  }
  return found;
}

interface StoreCounts {
  readonly count: number;
  readonly held: number;
  readonly kept: number;
}

async function verifyPoints(
  context: StageContext,
  options: VerifyOptions,
  vectors: VectorStore,
  validated: ValidateReceipt,
  report: Report,
): Promise<StoreCounts> {
  const { artifacts, corpus, signal } = context;
  const { level, projection, deletes } = options;
  const call = signal === undefined ? {} : { signal };
  if (level === 'counts') return countOnly('qdrant', await vectors.count(corpus, call), options, validated, report);

  const comparable = comparablePoints(vectors, projection, level === 'ids' ? 'labels' : 'content', call);
  const counts = { count: 0, held: 0, kept: 0 };
  let sample: WantedChunk[] = [];
  let seen = 0;
  for await (const change of changes(artifacts, comparable, deletes)) {
    tally(counts, change);
    describe('qdrant', change, report);
    if (level !== 'vectors' || change.kind !== 'unchanged') continue;
    if (seen % options.vectorsEvery === 0) sample.push(change.wanted);
    seen += 1;
    if (sample.length === LOOKUP_ITEMS) {
      await compareVectors(sample, options, vectors, context, report);
      sample = [];
    }
  }
  if (sample.length > 0) await compareVectors(sample, options, vectors, context, report);
  return counts;
}

async function compareVectors(
  chunks: readonly WantedChunk[],
  { slice }: VerifyOptions,
  vectors: VectorStore,
  { signal }: StageContext,
  report: Report,
): Promise<void> {
  const cached = await slice.vectors(chunks.map(({ embeddingKey }) => embeddingKey));
  const stored = await vectors.vectors(
    chunks.map(({ pointId }) => pointId),
    signal === undefined ? {} : { signal },
  );
  chunks.forEach((chunk, at) => {
    const expected = cached[at];
    const actual = stored.get(chunk.pointId);
    if (expected === undefined) return;
    if (actual === undefined || vectorDistance(expected, actual) > VECTOR_TOLERANCE) {
      report.add(difference('qdrant', 'vector', chunk, ['vector']));
    }
  });
}

async function verifyRows(
  { artifacts, corpus, signal }: StageContext,
  options: VerifyOptions,
  rows: RowStore,
  validated: ValidateReceipt,
  report: Report,
): Promise<StoreCounts> {
  const { level, deletes } = options;
  const call = signal === undefined ? {} : { signal };
  if (level === 'counts') return countOnly('neon', await rows.count(corpus, call), options, validated, report);

  const comparable = comparableRows(rows, corpus, level === 'ids' ? 'labels' : 'content', call);
  const counts = { count: 0, held: 0, kept: 0 };
  for await (const change of changes(artifacts, comparable, deletes)) {
    tally(counts, change);
    describe('neon', change, report);
  }
  return counts;
}

/** Compares numbers alone: as many as wanted, and as many more as may be held or kept. */
function countOnly(
  store: StoreName,
  count: number,
  { deletes }: VerifyOptions,
  validated: ValidateReceipt,
  report: Report,
): StoreCounts {
  const most = deletes === 'full' ? validated.accepted + validated.held : Number.POSITIVE_INFINITY;
  if (count < validated.accepted || count > most) {
    report.add({ store, kind: 'count', point_id: null, chunk_id: null, fields: [] });
  }
  return { count, held: 0, kept: 0 };
}

function tally(counts: { count: number; held: number; kept: number }, { kind }: Change<unknown>): void {
  if (kind !== 'add') counts.count += 1;
  if (kind === 'held' || kind === 'kept') counts[kind] += 1;
}

function describe(store: StoreName, change: Change<StoredState>, report: Report): void {
  if (change.kind === 'add') report.add(difference(store, 'missing', change.wanted));
  else if (change.kind === 'change') report.add(difference(store, 'stale', change.wanted, change.fields));
  else if (change.kind === 'delete') report.add(difference(store, 'orphaned', change.actual));
}

function difference(
  store: Difference['store'],
  kind: Difference['kind'],
  at: { readonly pointId: string; readonly chunkId: string },
  fields: readonly string[] = [],
): Difference {
  return { store, kind, point_id: at.pointId, chunk_id: at.chunkId, fields };
}

async function* batches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < LOOKUP_ITEMS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
