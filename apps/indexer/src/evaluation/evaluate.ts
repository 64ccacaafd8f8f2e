import { compareScores, detectableLoss, type Comparison } from '@lockstep/evaluation';
import { EXIT, IndexingError, MEASURES, type Ledger } from '@lockstep/model';
import { comparisonText } from './comparison-text.ts';
import { evaluatedCorpus, type EvaluatedCorpus } from './evaluated-corpus.ts';
import { prepareEvaluation, resultsOf, type NewEvaluation, type PreparedEvaluation } from './evaluate-index.ts';
import { evaluationText } from './evaluation-text.ts';
import { readQuestions } from './read-questions.ts';
import { findEvaluation, shownId, type ScoredEvaluation } from './recorded-evaluations.ts';
import { refuseUnknownCorpus } from './refuse-unknown-corpus.ts';
import { secondCollection } from './second-collection.ts';
import { writeMadeQuestions } from './write-made-questions.ts';
import type { EvaluationJson, EvaluateResult } from '../results/evaluate-result.ts';
import { MODEL_FLAGS, PAYING_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';
import type { Services } from '../wiring/open-services.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand, type CommandContext } from '../wiring/workspace-command.ts';

export const evaluate = workspaceCommand({
  name: 'evaluate',
  flags: [
    'questions',
    'k',
    'compare',
    'compare-collection',
    'compare-table',
    'max-loss',
    'make-questions',
    'seed',
    'corpus',
    'collection',
    'table',
    ...MODEL_FLAGS,
    ...PAYING_FLAGS,
    ...SERVICE_FLAGS,
  ],
  examples: [
    ['indexer evaluate my-docs', 'Asks the questions beside its corpus.json'],
    ['indexer evaluate my-docs --compare last', 'Compares with the evaluation before'],
    ['indexer evaluate my-docs --make-questions 300', 'Makes questions first'],
  ],
  args: {
    source: {
      type: 'positional',
      description: 'Name of a corpus, a folder with its corpus.json, or its file of chunks',
      required: true,
    },
  },
  async run(context, args) {
    const { flags, reporter } = context;
    const first = evaluatedCorpus(String(args['source']), context);
    return withServices(context, `${first.corpus} evaluate`, async (services) => {
      const ledger = await services.ledger();
      const named = flags.compare ?? [];
      const recorded: ScoredEvaluation[] = [];
      for (const each of named) {
        recorded.push(await findEvaluation(ledger, { named: each, corpus: first.corpus, signal: context.signal }));
      }
      const [before, after] = recorded;
      if (before !== undefined && after !== undefined) {
        return resultOf(first.corpus, [], compared(before, after, flags['max-loss']), null);
      }
      if (before !== undefined) refuseOtherK(before, resultsOf(context));
      const { made, evaluations } = await evaluateAll(context, { services, ledger }, first);
      const [own, second] = evaluations;
      if (own === undefined) throw new TypeError('nothing was evaluated');
      for (const { unanswerable, missing, evaluation } of evaluations) {
        if (missing === 0) continue;
        reporter.logger(first.corpus).warn('answers-not-in-corpus', {
          collection: evaluation.qdrantTarget,
          missing,
          questionsWithoutAnswer: unanswerable.length,
          hint: 'they count as not found',
        });
      }
      const comparison =
        second === undefined
          ? before && compared(before, own, flags['max-loss'])
          : compared(own, second, flags['max-loss']);
      return resultOf(first.corpus, evaluations, comparison, made);
    });
  },
});

interface Compared {
  readonly before: ScoredEvaluation;
  readonly after: ScoredEvaluation;
  readonly comparison: Comparison;
}

function compared(before: ScoredEvaluation, after: ScoredEvaluation, lossMax: number | undefined): Compared {
  refuseOtherK(before, after.evaluation.k);
  const comparison = compareScores(before.scores, after.scores, { lossMax });
  if (comparison.questions > 0) return { before, after, comparison };
  throw new IndexingError({
    code: 'usage',
    message: `Evaluation ${shownId(before.evaluation.evaluationId)} of ${before.evaluation.questionsFrom} and this one of ${after.evaluation.questionsFrom} have no question in common; expected the same questions with the same answers.`,
  });
}

function refuseOtherK({ evaluation }: ScoredEvaluation, k: number): void {
  if (evaluation.k === k) return;
  const message = `Evaluation ${shownId(evaluation.evaluationId)} looked at ${evaluation.k} results of each question, and the other at ${k}; expected --k ${evaluation.k}.`;
  throw new IndexingError({ code: 'usage', message });
}

/** Evaluates the corpus, and a second collection of it if there is one, after everything that can be refused is checked. */
async function evaluateAll(
  context: CommandContext,
  { services, ledger }: { readonly services: Services; readonly ledger: Ledger },
  first: EvaluatedCorpus,
): Promise<{ readonly made: string | null; readonly evaluations: readonly NewEvaluation[] }> {
  const { flags, cwd, root } = context;
  const place = { typed: flags.questions, folder: first.folder, cwd, root };
  const candidate = flags['compare-collection'];
  const indexes: EvaluatedCorpus[] = [first];
  if (candidate !== undefined) indexes.push(await secondCollection(context, services, first, candidate));
  const rows = await services.rows(first.table);
  await refuseUnknownCorpus(rows, first.corpus, context);
  const made =
    flags['make-questions'] === undefined ? null : await writeMadeQuestions(context, rows, first.corpus, place);
  const read = readQuestions(made === null ? place : { ...place, typed: made });
  const prepared: PreparedEvaluation[] = [];
  try {
    for (const index of indexes) prepared.push(await prepareEvaluation(context, { services, ledger }, index, read));
    const spending = { dollars: 0 };
    for (const each of prepared) each.guard(spending);
    const evaluations: NewEvaluation[] = [];
    for (const each of prepared) evaluations.push(await each.evaluate());
    return { made: made === null ? null : read.from, evaluations };
  } finally {
    for (const each of prepared) await each.close();
  }
}

function resultOf(
  corpus: string,
  evaluations: readonly NewEvaluation[],
  compare: Compared | undefined,
  made: string | null,
) {
  const json: EvaluateResult = {
    corpus,
    evaluations: evaluations.map(evaluationJson),
    comparison:
      compare === undefined
        ? null
        : {
            before: compare.before.evaluation,
            after: compare.after.evaluation,
            ...compare.comparison,
          },
    madeQuestions: made,
  };
  const texts = [
    ...json.evaluations.map((each) => evaluationText(each)),
    ...(json.comparison === null ? [] : [comparisonText(corpus, json.comparison)]),
  ];
  const isWorse = compare !== undefined && compare.comparison.lost.length > 0;
  return { text: texts.join('\n\n'), json, exit: isWorse ? EXIT.differ : EXIT.done };
}

function evaluationJson({
  evaluation,
  scores,
  unanswerable,
  missing,
  dropped,
  embedding,
}: NewEvaluation): EvaluationJson {
  const detectable = MEASURES.map((measure) => [measure, detectableLoss(scores[measure])]);
  return {
    ...evaluation,
    detectable: Object.fromEntries(detectable) as EvaluationJson['detectable'],
    unanswerableIds: unanswerable.map(({ id }) => id),
    missingAnswers: missing,
    dropped,
    embedding,
  };
}
