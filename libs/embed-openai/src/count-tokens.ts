import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base';

/**
 * Counts tokens of cl100k_base, the encoding of OpenAI's embedding models. Special tokens in a text count as text, and
 * a byte order mark is left out, since this tokenizer takes it for white space and the service does not.
 */
export function countCl100kTokens(text: string): number {
  return countTokens(text.replaceAll('\uFEFF', ''), { disallowedSpecial: new Set() });
}
