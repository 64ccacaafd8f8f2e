import type { StoreName } from '@lockstep/model';
import type { Calls } from './stage-context.ts';

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
