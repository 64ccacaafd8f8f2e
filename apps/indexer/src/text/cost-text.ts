import { counted } from '@lockstep/model';
import { costOf } from '../settings/embedding-price.ts';

/** Tokens and what they cost; `price` is in US dollars for a million tokens, undefined where it is not known. */
export function costText(tokens: number, price: number | undefined): string {
  return `${counted(tokens, 'token')}, ${dollarsText(tokens, price)}`;
}

/** What tokens cost in US dollars. A price that is not known is not guessed. */
export function dollarsText(tokens: number, price: number | undefined): string {
  if (price === undefined) return 'price not known';
  return price === 0 ? 'free' : `$${costOf(tokens, price).toFixed(6)}`;
}
