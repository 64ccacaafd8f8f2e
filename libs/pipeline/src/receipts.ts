import type { CallStats, Dependency, EmbedderIdentity, StoreName } from '@lockstep/model';

// What the stages and operations report, and write as JSON. The names of the fields are read by other programs and by
// later versions: they do not change.

/** Requests by the service that they went to; one that was not used is left out. */
export type Calls = Readonly<Partial<Record<Dependency, CallStats>>>;

export interface ValidateReceipt {
  readonly stage: 'validate';
  readonly corpus: string;
  readonly records: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly held: number;
  /** Accepted chunks of which only the beginning is embedded. */
  readonly truncated: number;
  /** UTF-8 bytes of the accepted texts. */
  readonly textBytes: number;
  readonly embedder: EmbedderIdentity;
  /** Digest of what the corpus wants: ids, content hashes, embedding keys, and what is held. */
  readonly digest: string;
  /** `basisDigest` of what the chunks follow from; null where the digest of the input is not known. */
  readonly basis: string | null;
  readonly startedAt: string;
  readonly durationMs: number;
}

export interface EmbedReceipt {
  readonly stage: 'embed';
  readonly corpus: string;
  /** Digest of the wanted chunks that the slice was made for. */
  readonly digest: string;
  readonly chunks: number;
  /** Distinct texts; chunks of equal text share a vector. */
  readonly texts: number;
  readonly cached: number;
  readonly embedded: number;
  readonly requests: number;
  /** Tokens that the service charged for. */
  readonly tokens: number;
  /** About how many tokens were not paid for, thanks to the cache. */
  readonly tokensSaved: number;
  /** Texts that the cache lacks and that were not asked for. */
  readonly left: number;
  /** Texts that the service refused; `refused.jsonl` names a chunk of each. */
  readonly refused: number;
  /**
   * Texts whose reply was lost, and which may have been paid for besides those that were embedded. Where the stage fails
   * they stand in the details of its error, with those whose reply could not be kept.
   */
  readonly possiblyPaid: number;
  readonly calls: Calls;
  readonly model: string;
  /** Host of a service that is not the model's own; its prices are not known. */
  readonly host: string | null;
  readonly dimensions: number;
  readonly startedAt: string;
  readonly durationMs: number;
}

/**
 * Why a point or row must be written: what differs from what the corpus wants. `drift`: its labels are right, and what
 * they stand for is not.
 */
export type ChangeReason = 'missing' | 'text' | 'model' | 'metadata' | 'projection' | 'drift';

/** What is compared: the ids and hashes that a load wrote, which are cheap to read, or everything that is stored. */
export type Depth = 'labels' | 'content';

/** How many points or rows a plan concerns. */
export interface PlanCounts {
  readonly add: number;
  readonly change: number;
  readonly delete: number;
  readonly unchanged: number;
  readonly held: number;
  readonly kept: number;
  /** Of those to add or change, how many for which reason. */
  readonly reasons: Readonly<Partial<Record<ChangeReason, number>>>;
}

/** What `provision` hands to the loads of its run. It is no cache input: the nonce files are. */
export interface ProvisionReceipt {
  readonly stage: 'provision';
  readonly corpus: string;
  readonly runId: string;
  /** Undefined where there is no ledger: one store alone, without Postgres. */
  readonly fence?: number;
  readonly stores: Readonly<Partial<Record<StoreName, ProvisionedStore>>>;
  readonly calls: Calls;
  readonly startedAt: string;
  readonly durationMs: number;
}

export interface ProvisionedStore {
  readonly target: string;
  /** Digest of what this store is to hold. */
  readonly digest: string;
  readonly nonce: string;
  /** Points or rows of the corpus that it held. */
  readonly count: number;
  /** Nonce of the stamp that it had; null where it had none. */
  readonly stamp: string | null;
  /** True where the stamp and the live count say that the store holds it already. */
  readonly inStep: boolean;
  /** How a load compares: a store without a stamp was never loaded, was cut short or differs, and is not believed. */
  readonly depth: Depth;
  /** What a load would do; absent where the store is in step. */
  readonly plan?: PlanCounts;
}

/** What each store says of itself, and what a load would do to it. */
export type ProbedStores = Readonly<Partial<Record<StoreName, ProvisionedStore>>>;

export interface LoadReceipt {
  readonly stage: 'load-qdrant' | 'load-neon';
  readonly corpus: string;
  readonly store: StoreName;
  readonly target: string;
  readonly runId: string;
  readonly countBefore: number;
  readonly countAfter: number;
  readonly plan: PlanCounts;
  /** Points or rows written, and deleted, by this load. */
  readonly written: number;
  readonly deleted: number;
  /** Points that were not written because the cache has no vector for them; only a repair leaves any. */
  readonly left: number;
  readonly calls: Calls;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** How much a verification looks at; each level includes those before it. */
export const VERIFY_LEVELS = ['counts', 'ids', 'content', 'vectors'] as const;
export type VerifyLevel = (typeof VERIFY_LEVELS)[number];

/**
 * What is wrong at one place. `missing`: the corpus wants it, or the other store holds it, and it is not there.
 * `orphaned`: it is there and nothing wants it. `stale`: a label, a field or the text is not what the corpus says.
 * `apart`: the corpus says nothing of it (held or kept), and the stores hold two versions. `vector`: the vector is not
 * the cache's, or has another size. `count`: only the numbers were compared, and they differ.
 */
export type DifferenceKind = 'missing' | 'orphaned' | 'stale' | 'apart' | 'vector' | 'count';

/** Where a difference is: which side is wrong. */
export type Side = StoreName | 'cache';

export interface Difference {
  readonly store: Side;
  readonly kind: DifferenceKind;
  readonly point_id: string | null;
  readonly chunk_id: string | null;
  /** Fields that differ, where they were compared. */
  readonly fields: readonly string[];
}

/** The verify receipt. What `verify` returns and `--json` prints has the first few differences, the file has all. */
export interface VerifyReceipt {
  readonly ok: boolean;
  /** The run that took the corpus over since this one; what differs may be what it loaded. */
  readonly overtakenBy: string | null;
  readonly corpus: string;
  readonly level: VerifyLevel;
  /** Chunks wanted; of those, with a vector in the cache; points and rows that the stores hold of the corpus. */
  readonly counts: VerifyCounts;
  /** Accepted chunks that are not wanted after all, since the embedding service refused their texts. */
  readonly refused: number;
  /** Rejected records whose last good version stays in the stores, and chunks that the delete mode keeps. */
  readonly held: number;
  readonly kept: number;
  readonly targets: Readonly<Partial<Record<StoreName, string>>>;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly calls: Calls;
  /** At level `vectors`: vectors that the cache has from this very store, which proves nothing. */
  readonly notComparable: number;
  readonly differencesCount: number;
  /** Differences by the side that is wrong. */
  readonly sides: Readonly<Record<Side, number>>;
  readonly differences: readonly Difference[];
}

export interface VerifyCounts {
  readonly input: number;
  readonly cache: number;
  readonly qdrant: number | null;
  readonly neon: number | null;
}

/** What embedding a corpus would ask of the service, and what the cache saves. */
export interface EmbeddingPlan {
  /** Chunks whose vector the cache holds. */
  readonly cachedChunks: number;
  /** Distinct texts that it does not hold. */
  readonly texts: number;
  /** Tokens of those, counted as the service counts them. */
  readonly tokens: number;
  /** About how many tokens are not paid for, thanks to the cache. */
  readonly tokensSaved: number;
}

/** What a run would do. */
export interface CorpusPlan {
  readonly corpus: string;
  /** Accepted chunks; rejected and held records of the input. */
  readonly input: { readonly accepted: number; readonly rejected: number; readonly held: number };
  readonly embedder: EmbedderIdentity;
  readonly embedding: EmbeddingPlan;
  readonly stores: ProbedStores;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What was done about chunks that are held or kept. */
export interface RetainedRepair {
  /** Points made anew from their rows. */
  readonly rebuilt: number;
  /** Points without a row, which no reader is ever shown. */
  readonly deleted: number;
  /** Ids of chunks that stay as they are: the cache has no vector, or the row itself was altered. */
  readonly left: readonly string[];
  /** Texts whose reply was lost, and which may have been paid for besides those that were embedded. */
  readonly possiblyPaid: number;
}

/** What was read back into the cache. */
export interface RecoverReceipt {
  readonly corpus: string;
  readonly target: string;
  /** Distinct texts of the corpus that the cache did not hold before. */
  readonly wanted: number;
  readonly recovered: number;
  /** Vectors under a wanted key that cannot be used: of another model or size, zero, or not finite. */
  readonly refused: number;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What a drop deleted. */
export interface DropReceipt {
  readonly corpus: string;
  readonly runId: string;
  readonly deleted: Readonly<Record<StoreName, number>>;
  readonly targets: Readonly<Record<StoreName, string>>;
  readonly startedAt: string;
  readonly durationMs: number;
}
