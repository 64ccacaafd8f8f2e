import type {
  EvaluationRecord,
  FenceHolder,
  Ledger,
  QuestionScores,
  RunRecord,
  Stamp,
  StoreName,
} from '@lockstep/model';

/** The state of a ledger; two ledgers over one state are like two processes at one database. */
export interface LedgerState {
  readonly fences: Map<string, FenceHolder>;
  readonly stamps: Map<string, Stamp>;
  /** By corpus and fence, as they were entered. */
  readonly runs: Map<string, RunRecord>;
  /** By their ids, as they were entered. */
  readonly evaluations: Map<string, { readonly evaluation: EvaluationRecord; readonly scores: QuestionScores }>;
}

/** A ledger in memory, which tests can look into. */
export interface MemoryLedger extends Ledger {
  /** Calls of the port so far, and stamps that were written and withdrawn. */
  readonly cost: { calls: number; stampsWritten: number; stampsRemoved: number };
  /** The stamp of a store, without counting as a call. */
  peek(corpus: string, store: StoreName): Stamp | undefined;
}

export function createLedgerState(): LedgerState {
  return { fences: new Map(), stamps: new Map(), runs: new Map(), evaluations: new Map() };
}

/** Fences, stamps, the run table and evaluations in memory. */
export function createMemoryLedger(state: LedgerState = createLedgerState()): MemoryLedger {
  const { fences, stamps, runs, evaluations } = state;
  const cost = { calls: 0, stampsWritten: 0, stampsRemoved: 0 };
  const keyOf = (corpus: string, store: StoreName): string => JSON.stringify([corpus, store]);
  const runKeyOf = (corpus: string, fence: number): string => JSON.stringify([corpus, fence]);

  return {
    cost,
    peek: (corpus, store) => stamps.get(keyOf(corpus, store)),
    async ensure() {},
    async takeFence(corpus, { atLeast, ...run }) {
      cost.calls += 1;
      const fence = Math.max((fences.get(corpus)?.fence ?? 0) + 1, atLeast);
      fences.set(corpus, { fence, runId: run.runId, digest: run.digest });
      runs.set(runKeyOf(corpus, fence), { corpus, fence, ...run });
      return fence;
    },
    async endRun(corpus, fence, end) {
      cost.calls += 1;
      const run = runs.get(runKeyOf(corpus, fence));
      if (run === undefined || run.end !== undefined) return;
      runs.set(runKeyOf(corpus, fence), { ...run, end: { ...end, counts: { ...end.counts } } });
    },
    async runs({ corpus, limit }) {
      cost.calls += 1;
      return [...runs.values()]
        .filter((run) => corpus === undefined || run.corpus === corpus)
        .toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt) || b.fence - a.fence)
        .slice(0, limit);
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
    async addEvaluation(evaluation, scores) {
      cost.calls += 1;
      const { evaluationId } = evaluation;
      if (!evaluations.has(evaluationId)) evaluations.set(evaluationId, structuredClone({ evaluation, scores }));
    },
    async evaluations({ corpus, limit }) {
      cost.calls += 1;
      return [...evaluations.values()]
        .map(({ evaluation }) => evaluation)
        .filter((evaluation) => corpus === undefined || evaluation.corpus === corpus)
        .toSorted(
          (a, b) => Date.parse(b.evaluatedAt) - Date.parse(a.evaluatedAt) || (a.evaluationId < b.evaluationId ? -1 : 1),
        )
        .slice(0, limit);
    },
    async questionScores(evaluationId) {
      cost.calls += 1;
      return evaluations.get(evaluationId)?.scores;
    },
    async close() {},
  };
}
