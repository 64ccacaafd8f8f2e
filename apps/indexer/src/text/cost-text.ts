import { counted } from '@lockstep/model';
import { costOf } from '../settings/embedding-price.ts';

/** Least amount that is shown as a number, in US dollars. */
const DOLLARS_MIN = 0.000001;

/** Tokens and what they cost; `price` is in US dollars for a million tokens, undefined where it is not known. */
export function costText(tokens: number, price: number | undefined): string {
  return `${counted(tokens, 'token')}, ${dollarsText(tokens, price)}`;
}

/** What tokens cost in US dollars. A price that is not known is not guessed. */
export function dollarsText(tokens: number, price: number | undefined): string {
  if (price === undefined) return 'price not known';
  if (price === 0) return 'free';
  const dollars = costOf(tokens, price);
  return dollars > 0 && dollars < DOLLARS_MIN ? `less than $${DOLLARS_MIN.toFixed(6)}` : `$${dollars.toFixed(6)}`;
}
