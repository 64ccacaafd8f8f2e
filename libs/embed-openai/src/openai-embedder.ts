import type { Embedder } from '@lockstep/model';
import { countCl100kTokens } from './count-tokens.ts';
import { createProtocolEmbedder, type ProtocolEmbedderOptions } from './protocol-embedder.ts';

export interface OpenAiEmbedderOptions extends Omit<ProtocolEmbedderOptions, 'countTokens'> {
  /** Counts tokens as the model does. @default countCl100kTokens */
  readonly countTokens?: ProtocolEmbedderOptions['countTokens'];
}

/** Embeds with OpenAI's models; see `createProtocolEmbedder`. */
export function createOpenAiEmbedder(options: OpenAiEmbedderOptions): Embedder {
  return createProtocolEmbedder({ countTokens: countCl100kTokens, ...options });
}
