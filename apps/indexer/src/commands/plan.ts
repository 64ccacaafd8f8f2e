import { ERROR_CATALOGUE, isIndexingError } from '@lockstep/model';
import { guardPlan, isNoOp, type CorpusPlan, type RunLimits } from '@lockstep/pipeline';
import { planText } from '../plan-text.ts';
import { corpusCommand, type CommandResult } from '../run-command.ts';
import { costOf, embeddingPrice } from '../settings/embedding-price.ts';
import { CORPUS_ARGS, COST_ARGS, DELETE_LIMIT_ARGS, ONLY_STORE_ARG, STRICT_ARG } from '../settings/flags.ts';
import { runLimits } from '../settings/run-limits.ts';
import { onlyStore } from '../settings/stage-choices.ts';

export const plan = corpusCommand({
  name: 'plan',
  description: 'Tells what a run would do in each store and why, and what it would pay; writes nothing',
  args: { ...CORPUS_ARGS, ...STRICT_ARG, ...ONLY_STORE_ARG, ...DELETE_LIMIT_ARGS, ...COST_ARGS },
  temporary: () => true,
  async run({ session, flags, environment, embedder }) {
    const price = embeddingPrice(embedder, flags, environment);
    await session.validate({ strict: flags.strict, reuse: true });
    const planned = await session.plan({ only: onlyStore(flags), trust: 'labels' });
    return withVerdict(planned, planText(planned, price), price, runLimits(flags, environment, embedder));
  },
});

/** A plan with its price, and whether a run would be refused. */
export function withVerdict(
  planned: CorpusPlan,
  text: string,
  price: number | undefined,
  limits: RunLimits,
): CommandResult {
  const { embedding, stores, ...rest } = planned;
  const dollars = (tokens: number) => (price === undefined ? null : costOf(tokens, price));
  const json = {
    ...rest,
    embedding: {
      ...embedding,
      dollarsPerMillionTokens: price ?? null,
      cost: dollars(embedding.tokens),
      saved: dollars(embedding.tokensSaved),
    },
    stores: Object.fromEntries(
      Object.entries(stores).map(([store, { target, count, depth, plan: counts }]) => [
        store,
        { target, count, depth, plan: counts },
      ]),
    ),
    nothingToDo:
      embedding.texts === 0 && Object.values(stores).every((store) => store.plan !== undefined && isNoOp(store.plan)),
  };
  try {
    guardPlan(planned, limits);
    return { text, json: { ok: true, ...json } };
  } catch (error) {
    if (!isIndexingError(error)) throw error;
    const { code, message, advice } = error;
    return {
      text: `${text}\n  A run would be refused (${code}): ${message} ${advice}`,
      json: { ok: false, ...json, refused: { code, message, advice } },
      exit: ERROR_CATALOGUE[code].exit,
    };
  }
}
