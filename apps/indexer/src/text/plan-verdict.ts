import { ERROR_CATALOGUE, isIndexingError } from '@lockstep/model';
import { guardPlan, isNoOp, type CorpusPlan, type RunLimits } from '@lockstep/pipeline';
import { costOf } from '../settings/embedding-price.ts';
import type { CommandResult } from '../wiring/workspace-command.ts';

/** A plan with its price, and whether a run would be refused. */
export function planVerdict(
  planned: CorpusPlan,
  text: string,
  price: number | undefined,
  limits: RunLimits,
): CommandResult & { readonly refused?: { readonly code: string; readonly message: string; readonly advice: string } } {
  const { embedding, overlong, stores, ...rest } = planned;
  const dollars = (tokens: number) => (price === undefined ? null : costOf(tokens, price));
  const json = {
    ...rest,
    overlong: overlong && { ...overlong, cost: dollars(overlong.tokens) },
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
    // Without stores nothing tells.
    nothingToDo: Object.keys(stores).length === 0 ? null : hasNothingToDo(planned),
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
      refused: { code, message, advice },
    };
  }
}

/** Whether every store that was compared is in step, and nothing is to be embedded. */
export function hasNothingToDo({ embedding, stores }: CorpusPlan): boolean {
  return embedding.texts === 0 && Object.values(stores).every(({ plan }) => plan !== undefined && isNoOp(plan));
}
