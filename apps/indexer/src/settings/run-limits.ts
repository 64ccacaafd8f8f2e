import type { EmbedderIdentity } from '@lockstep/model';
import type { RunLimits } from '@lockstep/pipeline';
import { deleteLimit } from './delete-limit.ts';
import { embeddingPrice, guardCost } from './embedding-price.ts';
import type { Flags } from './flags.ts';

/** What a run may delete and pay before it is refused. */
export function runLimits(flags: Flags, embedder: EmbedderIdentity): RunLimits {
  return { deletes: deleteLimit(flags), guardTokens: tokensGuard(flags, embedder) };
}

/** Holds the tokens that are to be paid for against the limit of the cost; undefined where there is none. */
export function tokensGuard(flags: Flags, embedder: EmbedderIdentity): ((tokens: number) => void) | undefined {
  const limit = flags['max-cost'];
  const price = embeddingPrice(embedder, flags);
  return limit === undefined ? undefined : (tokens) => guardCost(tokens, { model: embedder.model, price, limit });
}

/** How many texts the embedding service may refuse: what a flag says, none under `--strict`, else the default of `embed`. */
export function rejectsLimit(flags: Pick<Flags, 'max-rejects' | 'strict'>): number | undefined {
  return flags['max-rejects'] ?? (flags.strict ? 0 : undefined);
}
