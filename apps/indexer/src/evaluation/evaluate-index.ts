import { checkAnswers, evaluateSearch, type CheckedQuestions } from '@lockstep/evaluation';
import { isIndexingError, type EvaluationRecord, type Ledger } from '@lockstep/model';
import { createReader, HITS_MAX } from '@lockstep/reader/create-reader';
import type { QuestionEmbedding } from '../results/evaluate-result.ts';
import { cachePath } from '../runtime/cache-path.ts';
import { costOf, embeddingPrice } from '../settings/embedding-price.ts';
import { tokensGuard, type Spending } from '../settings/run-limits.ts';
import { CACHE_LOCK_WAIT_MS } from '../wiring/corpus-session.ts';
import { newRunId, type Services } from '../wiring/open-services.ts';
import type { Context } from '../wiring/resolve-context.ts';
import type { EvaluatedCorpus } from './evaluated-corpus.ts';
import { openQuestionVectors } from './question-vectors.ts';
import type { ReadQuestions } from './read-questions.ts';
import type { ScoredEvaluation } from './recorded-evaluations.ts';

/** An evaluation that was made now. */
export interface NewEvaluation extends ScoredEvaluation {
  readonly unanswerable: CheckedQuestions['unanswerable'];
  /** Relevant ids that are not in the corpus. */
  readonly missing: number;
  /** Results that were left out since the two stores differ. */
  readonly dropped: number;
  readonly embedding: QuestionEmbedding;
}

/** An index that is ready to be asked. Nothing was paid yet. */
export interface PreparedEvaluation {
  /** Fails with `cost-guard` where the questions cost more than is left of `--max-cost`. */
  guard(spending: Spending): void;
  /** Embeds what is missing, asks every question, and enters the result in the ledger. */
  evaluate(): Promise<NewEvaluation>;
  close(): Promise<void>;
}

/** Runs among which that of a collection is looked for. */
const RUNS_MAX = 100;

const K_DEFAULT = 10;

/** How many results of each question are looked at. */
export function resultsOf({ flags }: Pick<Context, 'flags'>): number {
  return flags.k ?? K_DEFAULT;
}

/** Looks up the answers in the corpus, and which questions are to be embedded. */
export async function prepareEvaluation(
  context: Context,
  { services, ledger }: { readonly services: Services; readonly ledger: Ledger },
  { corpus, collection, table, model }: EvaluatedCorpus,
  read: ReadQuestions,
): Promise<PreparedEvaluation> {
  const { flags, reporter, signal, stateDirectory } = context;
  const [vectors, rows] = await Promise.all([services.vectors(collection), services.rows(table)]);
  const { questions, unanswerable, missing } = await checkAnswers(read.questions, { corpus, rows, signal });
  const embedder = await services.embedder(model);
  const { identity } = embedder;
  const questionVectors = await openQuestionVectors(questions, {
    ...{ embedder, signal, lockWaitMs: CACHE_LOCK_WAIT_MS },
    cachePath: cachePath(stateDirectory, identity),
  });
  const price = embeddingPrice(identity, flags);
  const k = resultsOf(context);

  async function evaluateNow(report: ReturnType<typeof reporter.step>): Promise<NewEvaluation> {
    const tokens = await questionVectors.pay(report.logger.debug);
    const reader = createReader({ embedder: questionVectors.paid, vectors, rows, corpus });
    const { measures, scores, dropped } = await evaluateSearch({
      ...{ questions, k, limitMax: HITS_MAX, signal },
      search: reader.search,
      onProgress: report.onProgress,
    });
    const runs = await ledger.runs({ corpus, limit: RUNS_MAX }, { signal });
    const run = runs.find(({ qdrantTarget }) => qdrantTarget === vectors.target);
    const evaluation: EvaluationRecord = {
      ...{ evaluationId: newRunId(), corpus, evaluatedAt: new Date().toISOString() },
      run: run === undefined ? null : { fence: run.fence, runId: run.runId, digest: run.digest },
      ...{ model: identity.model, dimensions: identity.dimensions },
      ...{ qdrantTarget: vectors.target, neonTarget: rows.target },
      ...{ questionsFrom: read.from, questionsDigest: read.digest },
      ...{ questions: questions.length, unanswerable: unanswerable.length, k, measures, tokensPaid: tokens },
    };
    await ledger.ensure({ signal });
    await ledger.addEvaluation(evaluation, scores, { signal });
    const cost = price === undefined ? null : costOf(tokens, price);
    const embedding = { embedded: questionVectors.missing, cached: questionVectors.cached, tokens, cost };
    return { evaluation, scores, unanswerable, missing, dropped, embedding };
  }

  return {
    guard: (spending) => tokensGuard(flags, identity, spending)?.(questionVectors.tokens),
    async evaluate() {
      const report = reporter.step(corpus, 'evaluate', price);
      try {
        const evaluated = await evaluateNow(report);
        report.end?.(true);
        return evaluated;
      } catch (error) {
        report.end?.(false);
        if (isIndexingError(error)) error.endStage('evaluate');
        throw error;
      }
    },
    close: () => questionVectors.close(),
  };
}
