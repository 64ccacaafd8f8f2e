import { OPENAI_MODELS } from '@lockstep/embed-openai/models';
import { EMBEDDED_MODEL } from '@lockstep/embedded/model';
import { counted, IndexingError, type EmbedderIdentity } from '@lockstep/model';
import type { Flags } from './flags.ts';

/**
 * US dollars for a million tokens: `--price` or its variable, else the known price of the model. Undefined where it is
 * not known: a price is never guessed. The embedded model is free.
 */
export function embeddingPrice(
  { model, host }: Pick<EmbedderIdentity, 'model' | 'host'>,
  { price }: Pick<Flags, 'price'>,
): number | undefined {
  if (model === EMBEDDED_MODEL) return 0;
  if (price !== undefined || host !== null) return price;
  return OPENAI_MODELS[model]?.dollarsPerMillionTokens;
}

/** What tokens cost in US dollars. */
export function costOf(tokens: number, dollarsPerMillionTokens: number): number {
  return (tokens / 1_000_000) * dollarsPerMillionTokens;
}

/** Fails with `cost-guard` if embedding costs more than the limit, and with `config-invalid` if no price is known. */
export function guardCost(
  tokens: number,
  {
    model,
    price,
    limit,
    before = 0,
  }: {
    readonly model: string;
    readonly price: number | undefined;
    readonly limit: number;
    /** What other corpora of the same command cost, in US dollars. @default 0 */
    readonly before?: number;
  },
): void {
  if (tokens === 0) return;
  if (price === undefined) {
    throw new IndexingError({
      code: 'config-invalid',
      message: `--max-cost needs the price of ${model}, which is not known; expected --price, in US dollars for a million tokens.`,
    });
  }
  const cost = costOf(tokens, price);
  if (before + cost <= limit) return;
  const others = before > 0 ? `, and the corpora before it $${before.toFixed(6)}` : '';
  throw new IndexingError({
    code: 'cost-guard',
    message:
      `Embedding ${counted(tokens, 'token')} with ${model} would cost $${cost.toFixed(6)}${others}; expected at most $${limit}. ` +
      'Nothing was paid or written.',
    details: { tokens, cost, limit },
  });
}
