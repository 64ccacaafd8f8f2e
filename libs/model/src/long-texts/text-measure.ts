import type { EmbedderIdentity } from '../identity.ts';
import { utf8Bytes } from '../utf8-bytes.ts';
import { fitTokens } from './fit-tokens.ts';
import type { TextMeasure } from './text-windows.ts';

/** What is known of a model that reads so many tokens at most. */
export interface MeasuredModel {
  readonly identity: EmbedderIdentity;
  readonly inputTokensMax: number;
  /** Counts tokens as the model does. */
  readonly countTokens: (text: string) => number;
}

/** Measures texts as a model does, without asking a service. */
export function createTextMeasure({ identity, inputTokensMax, countTokens }: MeasuredModel): TextMeasure {
  function tokensOver(text: string): number | undefined {
    // A token has at least one byte, and a UTF-16 unit at most three.
    if (text.length * 3 <= inputTokensMax || utf8Bytes(text) <= inputTokensMax) return undefined;
    const tokens = countTokens(text);
    return tokens > inputTokensMax ? tokens : undefined;
  }

  return {
    identity,
    inputTokensMax,
    countTokens,
    tokensOver,
    fit: (text) => (tokensOver(text) === undefined ? text : fitTokens(text, inputTokensMax, countTokens)),
  };
}
