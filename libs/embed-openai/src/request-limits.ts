import { utf8Bytes } from '@lockstep/model';

/** What one embedding request may hold. */
export interface RequestLimits {
  /** Tokens of one text. */
  readonly inputTokensMax: number;
  /** Texts. */
  readonly itemsMax: number;
  /** Tokens of all texts together. */
  readonly requestTokensMax: number;
}

/** Counts the tokens of a text as the model does. */
export type CountTokens = (text: string) => number;

/**
 * Groups texts into requests in their order. A text weighs max(tokens, bytes / 4), since the service estimates the sum
 * from bytes before it counts. Tokens are counted only where the bytes alone, at least one a token, exceed the limit.
 * Returns the indexes of the texts of each request; a text too large for any request gets one of its own.
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
