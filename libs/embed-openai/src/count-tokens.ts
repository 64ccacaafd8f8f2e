import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base';

/** Token 3305 of cl100k_base by itself; some larger tokens begin with it. */
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Counts tokens of cl100k_base, the encoding of OpenAI's embedding models. Special tokens in a text count as text. The
 * parts between byte order marks are counted one by one, since this tokenizer treats the marks as white space and the
 * service does not; the count is then exact or a little too high.
 */
export function countCl100kTokens(text: string): number {
  if (!text.includes(BYTE_ORDER_MARK)) return countPart(text);
  const parts = text.split(BYTE_ORDER_MARK);
  return parts.reduce((sum, part) => sum + (part === '' ? 0 : countPart(part)), parts.length - 1);
}

function countPart(text: string): number {
  return countTokens(text, { disallowedSpecial: new Set() });
}
