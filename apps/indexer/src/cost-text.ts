import { priceOf } from '@lockstep/embed-openai/models';
import { EMBEDDED_MODEL } from '@lockstep/embedded/model';

/** What tokens cost, in words. A price that is not known is not guessed. */
export function costText({ model, tokens }: { readonly model: string; readonly tokens: number }): string {
  if (model === EMBEDDED_MODEL) return `${tokens} tokens, free`;
  const price = priceOf(model, tokens);
  return `${tokens} tokens, ${price === undefined ? 'price not known' : `$${price.toFixed(6)}`}`;
}
