import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isIndexingError, type EmbedderIdentity } from '@lockstep/model';
import { FILES, type ValidateReceipt, type VerifyReceipt } from '@lockstep/pipeline';
import {
  shortened,
  type ReportCorpus,
  type ReportData,
  type ReportEvaluation,
  type ReportPlan,
  type ReportProblem,
  type ReportRun,
  type StoredElsewhere,
} from '@lockstep/report';
import { corporaHere, type KnownCorpus } from '../corpora/corpora-here.ts';
import { knownSource } from '../corpora/known-source.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { costOf, embeddingPrice } from '../settings/embedding-price.ts';
import { readJson } from '../settings/workspace-corpora.ts';
import { standingMark } from '../status/standing-mark.ts';
import { workspaceStatus, type CorpusState, type Status } from '../status/workspace-status.ts';
import { COMPARED } from '../text/verify-text.ts';
import { planRun } from '../wiring/corpus-operations.ts';
import type { Services } from '../wiring/open-services.ts';
import { openSource } from '../wiring/open-source.ts';
import type { Context } from '../wiring/resolve-context.ts';
import { corpusModel } from './corpus-model.ts';
import { listDifferences, listRejects } from './listed-records.ts';
import { measureTexts } from './measure-texts.ts';

const { version: VERSION } = createRequire(import.meta.url)('#manifest') as { readonly version: string };

/** Latest runs that a report shows. */
const RUNS_MAX = 200;

/** Latest evaluations that a report shows. */
const EVALUATIONS_MAX = 500;

/** Most UTF-16 units of a message: what is longer is shown by the command that failed. */
const MESSAGE_UNITS = 2_000;

export interface CollectReportOptions {
  /** Whether every input is read, to tell what a run would do now. */
  readonly withPlans: boolean;
  /** The time now. */
  readonly now: () => Date;
}

/**
 * Collects everything that a report shows: from the stores, the ledger, and the files of this machine. Writes to no store, pays for
 * nothing, and needs no key of the embedding service. What cannot be asked or read is told in its place.
 */
export async function collectReport(
  context: Context & { readonly services: Services },
  { withPlans, now }: CollectReportOptions,
): Promise<ReportData> {
  const { stateDirectory } = context;
  const status = await workspaceStatus({ ...context, runs: RUNS_MAX });
  const problems = new Set(status.problems);
  const files = status.corpora.map(({ corpus }) => ({ corpus, folder: corpusFolder(stateDirectory, corpus) }));
  const measure = measureTexts(context, files.length);
  const corpora: ReportCorpus[] = [];
  const models = new Map<string, EmbedderIdentity>();
  const known = new Map(corporaHere(context).map((corpus) => [corpus.name, corpus]));
  for (const standing of status.corpora) {
    const corpus = known.get(standing.corpus);
    const model = corpus && corpusModel(context, corpus);
    if (model !== undefined) models.set(standing.corpus, model.identity);
    corpora.push({
      ...corpusFacts(standing, stateDirectory),
      model: model?.identity.model ?? null,
      plan: withPlans && corpus !== undefined ? await planOf(context, corpus) : null,
      texts: await orProblem(() => measure(standing.corpus, model), problems),
    });
  }
  return {
    reportVersion: 1,
    madeAt: now().toISOString(),
    program: VERSION,
    corpora,
    others: othersOf(status),
    runs: status.runs.map((run) => reportRun(run, models.get(run.corpus), context)),
    differences: await listDifferences(files),
    rejects: await listRejects(files),
    evaluations: (await orProblem(() => evaluationsIn(context), problems)) ?? [],
    problems: [...problems],
  };
}

/** The answer; null, and a problem, where it cannot be had. */
async function orProblem<Answer>(
  question: () => Promise<Answer | null>,
  problems: Set<string>,
): Promise<Answer | null> {
  try {
    return await question();
  } catch (error) {
    if (!isIndexingError(error)) throw error;
    problems.add(`${error.message} ${error.advice}`);
    return null;
  }
}

function corpusFacts(standing: CorpusState, stateDirectory: string): Omit<ReportCorpus, 'model' | 'plan' | 'texts'> {
  const { corpus, folder, state, says, advice, next, verified, stores, run, wanted } = standing;
  const read = <Receipt>(name: string) => readJson<Receipt>(join(corpusFolder(stateDirectory, corpus), name));
  const validated = read<ValidateReceipt>(FILES.validateReceipt);
  const verify = read<VerifyReceipt>(FILES.verifyReceipt);
  return {
    corpus,
    folder,
    state,
    mark: standingMark(state),
    says: shortened(says, MESSAGE_UNITS),
    advice,
    next,
    verified: verified && { at: verified.at, compared: verified.level && COMPARED[verified.level] },
    counts: {
      input: wanted ?? run?.end?.counts.input ?? null,
      cache: verify?.counts.cache ?? null,
      qdrant: stores?.qdrant.count ?? null,
      neon: stores?.neon.count ?? null,
    },
    targets: stores === null ? {} : { qdrant: stores.qdrant.target, neon: stores.neon.target },
    input: validated === undefined ? null : inputFacts(validated),
    compared:
      verify === undefined
        ? null
        : {
            at: verify.startedAt,
            level: verify.level,
            differences: verify.differencesCount,
            sides: verify.sides,
          },
  };
}

function inputFacts(receipt: ValidateReceipt): NonNullable<ReportCorpus['input']> {
  const { records, accepted, rejected, duplicates, held, textBytes, rejects = [] } = receipt;
  const reasons = rejects.map(({ code, count }) => ({ code, count }));
  return { records, accepted, rejected, duplicates, held, textBytes, rejects: reasons };
}

/** What a run would do now, or why that cannot be told. */
async function planOf(
  context: Context & { readonly services: Services },
  corpus: KnownCorpus,
): Promise<ReportPlan | ReportProblem> {
  try {
    const { services, root } = context;
    const { session, embedder } = openSource(context, knownSource(corpus, root), { temporary: true, services });
    try {
      const { plan, cost, refused } = await planRun({ session, embedder, flags: context.flags });
      const { texts, tokens, tokensSaved } = plan.embedding;
      const price = embeddingPrice(embedder, context.flags);
      return {
        stores: Object.fromEntries(
          Object.entries(plan.stores).flatMap(([store, { plan: counts }]) =>
            counts === undefined ? [] : [[store, counts]],
          ),
        ),
        texts,
        tokens,
        dollars: cost,
        tokensSaved,
        dollarsSaved: price === undefined ? null : costOf(tokensSaved, price),
        refused: refused === undefined ? null : problemOf(refused),
      };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!isIndexingError(error) || context.signal.aborted) throw error;
    return problemOf(error);
  }
}

function problemOf({ code, message, advice }: ReportProblem): ReportProblem {
  return { code, message: shortened(message, MESSAGE_UNITS), advice };
}

/** A run with what it cost: at the price of today where none was recorded and the corpus still has the model of the run. */
function reportRun(
  run: Status['runs'][number],
  model: EmbedderIdentity | undefined,
  { flags }: Pick<Context, 'flags'>,
): ReportRun {
  const { digest: _digest, shape: _shape, ...shown } = run;
  const { tokensPaid = null, work } = run.end ?? {};
  const price = model !== undefined && model.model === run.model ? embeddingPrice(model, flags) : undefined;
  const today = tokensPaid === 0 ? 0 : tokensPaid === null || price === undefined ? null : costOf(tokensPaid, price);
  return { ...shown, dollars: work?.dollars ?? today };
}

/** The latest evaluations of all corpora, oldest first. */
async function evaluationsIn({
  services,
  signal,
}: Context & { readonly services: Services }): Promise<readonly ReportEvaluation[]> {
  const ledger = await services.ledger();
  const latest = await ledger.evaluations({ limit: EVALUATIONS_MAX }, { signal });
  return latest.toReversed().map(({ corpus, evaluatedAt: at, model, questionsFrom, questions, k, measures }) => {
    const { recall, mrr, ndcg } = measures;
    const means = { [`recall@${k}`]: recall, [`MRR@${k}`]: mrr, [`nDCG@${k}`]: ndcg };
    const metrics = Object.fromEntries(
      Object.entries(means).map(([name, { mean: value, low, high }]) => [name, { value, low, high }]),
    );
    return { corpus, at, model, questionsFrom, questions, metrics };
  });
}

function othersOf({ strangers, unowned, unnamedTables }: Status): readonly StoredElsewhere[] {
  return [
    ...strangers,
    ...unowned.map((holding) => ({ ...holding, corpus: null })),
    ...unnamedTables.map(({ target, count }) => ({ store: 'neon' as const, target, count, corpus: null })),
  ];
}
