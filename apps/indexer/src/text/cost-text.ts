import { costOf } from '../settings/embedding-price.ts';

/** What tokens cost, in words; `price` is in US dollars for a million tokens, undefined where it is not known. */
export function costText(tokens: number, price: number | undefined): string {
  return `${tokens} tokens, ${dollarsText(tokens, price)}`;
}

/** A cost in words. A price that is not known is not guessed. */
export function dollarsText(tokens: number, price: number | undefined): string {
  if (price === undefined) return 'price not known';
  return price === 0 ? 'free' : `$${costOf(tokens, price).toFixed(6)}`;
}
