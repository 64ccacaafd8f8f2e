import { priceOf } from '@lockstep/embed-openai/models';
import { EMBEDDED_MODEL } from '@lockstep/embedded/model';
import type { EmbedReceipt } from '@lockstep/pipeline';

/** What tokens cost, in words. A price that is not known is not guessed. */
export function costText({ model, host, tokens }: Pick<EmbedReceipt, 'model' | 'host' | 'tokens'>): string {
  if (model === EMBEDDED_MODEL) return `${tokens} tokens, free`;
  const price = host === null ? priceOf(model, tokens) : undefined;
  return `${tokens} tokens, ${price === undefined ? 'price not known' : `$${price.toFixed(6)}`}`;
}
