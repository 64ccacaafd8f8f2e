import type { Artifacts, DeleteMode, IndexedChunk } from '@lockstep/model';
import type { ChunkLine } from '../files/chunk-line.ts';
import { alignedPages } from './aligned-pages.ts';
import { readChunkPages, readChunks, readHeldPages } from '../files/corpus-files.ts';
import type { ChangeReason, PlanCounts } from '../receipts.ts';

/** What differs at one point or row. */
export interface Finding {
  readonly reason: ChangeReason;
  readonly fields: readonly string[];
}

/** What a plan reads of a chunk in a store. */
export interface StoredState {
  readonly pointId: string;
  readonly chunkId: string;
  readonly documentId: string | null;
  /** Undefined of a point without one, which another program wrote. */
  readonly embeddingKey: string | undefined;
}

/** What is to be done at one point id. */
export type Change<Actual> =
  | ({ readonly kind: 'add' | 'change'; readonly wanted: IndexedChunk } & Finding)
  | { readonly kind: 'unchanged'; readonly wanted: ChunkLine }
  | { readonly kind: 'held' | 'kept' | 'delete'; readonly actual: Actual };

/** A store that can be compared with the corpus. */
export interface Comparable<Actual extends StoredState> {
  scan(): AsyncIterable<readonly Actual[]>;
  /** What differs; undefined when nothing does. */
  compare(wanted: ChunkLine, actual: Actual): Finding | undefined | Promise<Finding | undefined>;
}

const MISSING: Finding = { reason: 'missing', fields: [] };

/** What a plan depends on besides the chunks. */
export interface PlanRules {
  readonly deletes: DeleteMode;
  /** Keys of texts that the embedding service refused: what a store has of their chunks is held. @default none */
  readonly refused?: ReadonlySet<string>;
}

/** Streams what is to be done in one store, in the order of the point ids. It only reads. */
export async function* changes<Actual extends StoredState>(
  artifacts: Artifacts,
  store: Comparable<Actual>,
  { deletes, refused }: PlanRules,
): AsyncGenerator<Change<Actual>> {
  const documents = deletes === 'document' ? await documentsOf(artifacts) : undefined;
  const sources = { wanted: readChunkPages(artifacts), held: readHeldPages(artifacts), actual: store.scan() };
  for await (const page of alignedPages(sources)) {
    for (const { wanted, held, actual } of page) {
      if (wanted !== undefined && refused?.has(wanted.embeddingKey) === true) {
        if (actual !== undefined) yield { kind: 'held', actual };
      } else if (wanted !== undefined) {
        const compared = actual === undefined ? MISSING : store.compare(wanted, actual);
        // Labels are compared without a promise: awaiting one for each chunk would cost more than the comparison.
        const finding = compared instanceof Promise ? await compared : compared;
        if (finding === undefined) yield { kind: 'unchanged', wanted };
        else yield { kind: actual === undefined ? 'add' : 'change', wanted: wanted.chunk(), ...finding };
      } else if (actual !== undefined) {
        if (held !== undefined) yield { kind: 'held', actual };
        else yield { kind: isDeleted(actual, deletes, documents) ? 'delete' : 'kept', actual };
      }
    }
  }
}

function isDeleted(actual: StoredState, deletes: DeleteMode, documents: ReadonlySet<string> | undefined): boolean {
  if (deletes !== 'document') return deletes === 'full';
  return actual.documentId !== null && documents?.has(actual.documentId) === true;
}

/** The documents that the corpus mentions. */
async function documentsOf(artifacts: Artifacts): Promise<Set<string>> {
  const documents = new Set<string>();
  for await (const { documentId } of readChunks(artifacts)) if (documentId !== null) documents.add(documentId);
  return documents;
}

/** Counts changes by kind and reason. */
export function createChangeCounter(): { count(change: Change<unknown>): void; counts(): PlanCounts } {
  const counts = { add: 0, change: 0, delete: 0, unchanged: 0, held: 0, kept: 0 };
  const reasons: Partial<Record<ChangeReason, number>> = {};
  return {
    count(change) {
      counts[change.kind] += 1;
      if ('reason' in change) reasons[change.reason] = (reasons[change.reason] ?? 0) + 1;
    },
    counts: () => ({ ...counts, reasons }),
  };
}

export async function countChanges(plan: AsyncIterable<Change<unknown>>): Promise<PlanCounts> {
  const counter = createChangeCounter();
  for await (const change of plan) counter.count(change);
  return counter.counts();
}

/** How many points or rows a store has before a plan is carried out. */
export function storedBefore({ unchanged, change, delete: gone, held, kept }: PlanCounts): number {
  return unchanged + change + gone + held + kept;
}

/** How many points or rows a plan writes or deletes. */
export function changesOf({ add, change, delete: gone }: PlanCounts): number {
  return add + change + gone;
}

/** True when a plan leaves a store as it is. */
export function isNoOp(counts: PlanCounts): boolean {
  return changesOf(counts) === 0;
}
