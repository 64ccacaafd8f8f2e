import { OPENAI_MODELS } from '@lockstep/embed-openai/models';
import { EMBEDDED_MODEL } from '@lockstep/embedded/model';
import { IndexingError, type EmbedderIdentity } from '@lockstep/model';
import type { Flags } from './flags.ts';

/**
 * US dollars for a million tokens: what was said, else what is known of the model. Undefined where it is not known: a
 * price is never guessed. The embedded model is free.
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

/** Refuses, with `cost-guard`, to embed for more than the limit; and where no price is known to hold against it. */
export function guardCost(
  tokens: number,
  { model, price, limit }: { readonly model: string; readonly price: number | undefined; readonly limit: number },
): void {
  if (tokens === 0) return;
  if (price === undefined) {
    throw new IndexingError({
      code: 'config-invalid',
      message: `The price of ${model} is not known, and --max-cost needs one; expected --price, in dollars for a million tokens.`,
    });
  }
  const cost = costOf(tokens, price);
  if (cost <= limit) return;
  throw new IndexingError({
    code: 'cost-guard',
    message:
      `Embedding ${tokens} tokens with ${model} would cost $${cost.toFixed(6)}, more than $${limit}. ` +
      'Nothing was paid or written.',
    details: { tokens, cost, limit },
  });
}
