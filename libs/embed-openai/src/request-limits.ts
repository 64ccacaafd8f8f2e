import { utf8Bytes } from '@lockstep/model';
export interface RequestLimits {
  readonly inputTokensMax: number;
  readonly itemsMax: number;
  readonly requestTokensMax: number;
}

/** Counts the tokens of a text as the model does. */
export type CountTokens = (text: string) => number;

/**
 * Groups texts into requests in their order. A text weighs max(tokens, bytes / 4), since the service estimates the sum
 * from bytes before it counts. Tokens are counted only where bytes, of which no token has less than one, do not settle it.
 */
export function packRequests(texts: readonly string[], limits: RequestLimits, countTokens: CountTokens): number[][] {
  const bytes = texts.map(utf8Bytes);
  const total = bytes.reduce((sum, size) => sum + size, 0);
  const weights =
    total <= limits.requestTokensMax
      ? bytes
      : texts.map((text, at) => Math.max(countTokens(text), (bytes[at] as number) / 4));
  const requests: number[][] = [];
  let weight = 0;
  for (const [at, own] of weights.entries()) {
    const last = requests.at(-1);
    if (last === undefined || last.length >= limits.itemsMax || weight + own > limits.requestTokensMax) {
      requests.push([at]);
      weight = own;
    } else {
      last.push(at);
      weight += own;
    }
  }
  return requests;
}
