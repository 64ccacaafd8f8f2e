import type { EmbedderIdentity } from '@lockstep/model';
import type { RunLimits } from '@lockstep/pipeline';
import { costLimit, embeddingPrice, guardCost } from './embedding-price.ts';
import type { Environment } from './environment.ts';
import type { Flags } from './flags.ts';
import { deleteLimit } from './stage-choices.ts';

/** What a run may delete and pay before it is refused, as flags and environment say. */
export function runLimits(flags: Flags, environment: Environment, embedder: EmbedderIdentity): RunLimits {
  return { deletes: deleteLimit(flags, environment), guardTokens: tokensGuard(flags, environment, embedder) };
}

/** Holds the tokens that are to be paid for against the limit of the cost; undefined where there is none. */
export function tokensGuard(
  flags: Flags,
  environment: Environment,
  embedder: EmbedderIdentity,
): ((tokens: number) => void) | undefined {
  const limit = costLimit(flags, environment);
  const price = embeddingPrice(embedder, flags, environment);
  return limit === undefined ? undefined : (tokens) => guardCost(tokens, { model: embedder.model, price, limit });
}
