import { ERROR_CATALOGUE, type IndexingError } from '@lockstep/model';
import { isNoOp, type CorpusPlan } from '@lockstep/pipeline';
import { costOf } from '../settings/embedding-price.ts';
import { marked } from '../terminal/marked.ts';
import type { CommandResult } from '../outcome/command-result.ts';

/** A plan with its price, and whether a run would be refused. */
export function planVerdict(
  planned: CorpusPlan,
  text: string,
  price: number | undefined,
  refused: IndexingError | undefined,
): CommandResult {
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
  if (refused === undefined) return { text, json: { ok: true, ...json } };
  const { code, message, advice } = refused;
  return {
    text: `${text}\n  ${marked('bad', `A run would be refused (${code})`)}: ${message} ${advice}`,
    json: { ok: false, ...json, refused: { code, message, advice } },
    exit: ERROR_CATALOGUE[code].exit,
  };
}

/** Whether every store that was compared is in step, and nothing is to be embedded. */
export function hasNothingToDo({ embedding, stores }: CorpusPlan): boolean {
  return embedding.texts === 0 && Object.values(stores).every(({ plan }) => plan !== undefined && isNoOp(plan));
}
