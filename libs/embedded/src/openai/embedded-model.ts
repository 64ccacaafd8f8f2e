/** The model that is used when no account is configured. Its name differs from every name of OpenAI. */
export const EMBEDDED_MODEL = 'embedded/all-minilm-l6-v2';
/** Dimensions of its vectors. */
export const EMBEDDED_DIMENSIONS = 384;
/** Most WordPiece tokens of a text, including the two special ones; the model itself would ignore the rest silently. */
export const EMBEDDED_INPUT_TOKENS_MAX = 256;
