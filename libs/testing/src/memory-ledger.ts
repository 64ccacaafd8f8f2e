import type { FenceHolder, Ledger, Stamp, StoreName } from '@lockstep/model';

/** What ledgers keep; two ledgers over one state are two processes at one database. */
export interface LedgerState {
  readonly fences: Map<string, FenceHolder>;
  readonly stamps: Map<string, Stamp>;
}

/** A ledger in memory, open to tests. */
export interface MemoryLedger extends Ledger {
  /** Calls of the port so far, and stamps that they wrote and withdrew. */
  readonly cost: { calls: number; stampsWritten: number; stampsRemoved: number };
  /** The stamp of a store, without counting as a call. */
  peek(corpus: string, store: StoreName): Stamp | undefined;
}

export function createLedgerState(): LedgerState {
  return { fences: new Map(), stamps: new Map() };
}

/** Fences and stamps in memory. */
export function createMemoryLedger(state: LedgerState = createLedgerState()): MemoryLedger {
  const { fences, stamps } = state;
  const cost = { calls: 0, stampsWritten: 0, stampsRemoved: 0 };
  const keyOf = (corpus: string, store: StoreName): string => JSON.stringify([corpus, store]);

  return {
    cost,
    peek: (corpus, store) => stamps.get(keyOf(corpus, store)),
    async ensure() {},
    async takeFence(corpus, { runId, digest, atLeast }) {
      cost.calls += 1;
      const fence = Math.max((fences.get(corpus)?.fence ?? 0) + 1, atLeast);
      fences.set(corpus, { fence, runId, digest });
      return fence;
    },
    async fenceHolder(corpus) {
      cost.calls += 1;
      return fences.get(corpus);
    },
    async stamp(corpus, store) {
      cost.calls += 1;
      return stamps.get(keyOf(corpus, store));
    },
    async writeStamp(corpus, store, { stamp, fence }) {
      cost.calls += 1;
      if (fences.get(corpus)?.fence !== fence) return false;
      stamps.set(keyOf(corpus, store), { ...stamp });
      cost.stampsWritten += 1;
      return true;
    },
    async removeStamp(corpus, store) {
      cost.calls += 1;
      if (stamps.delete(keyOf(corpus, store))) cost.stampsRemoved += 1;
    },
    async close() {},
  };
}
