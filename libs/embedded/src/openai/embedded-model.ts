/** The model that embeds where no account is configured; never taken for one of OpenAI's. */
export const EMBEDDED_MODEL = 'embedded/all-minilm-l6-v2';
/** Numbers in its vectors. */
export const EMBEDDED_DIMENSIONS = 384;
/** WordPiece tokens that it reads of a text, the two special ones included; it would drop the rest silently. */
export const EMBEDDED_INPUT_TOKENS_MAX = 256;
