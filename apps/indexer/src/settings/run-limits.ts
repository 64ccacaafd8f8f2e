import type { EmbedderIdentity } from '@lockstep/model';
import type { RunLimits } from '@lockstep/pipeline';
import { deleteLimit } from './delete-limit.ts';
import { embeddingPrice, guardCost } from './embedding-price.ts';
import type { Flags } from './flags.ts';

/** What a run may delete and pay. */
export function runLimits(flags: Flags, embedder: EmbedderIdentity): RunLimits {
  return { deletes: deleteLimit(flags), guardTokens: tokensGuard(flags, embedder) };
}

/** Checks the cost of tokens against `--max-cost`; undefined without that flag. */
export function tokensGuard(flags: Flags, embedder: EmbedderIdentity): ((tokens: number) => void) | undefined {
  const limit = flags['max-cost'];
  const price = embeddingPrice(embedder, flags);
  return limit === undefined ? undefined : (tokens) => guardCost(tokens, { model: embedder.model, price, limit });
}

/**
 * How many texts the embedding service may refuse: `--max-rejects`, else 0 with `--strict`, else undefined for the
 * default.
 */
export function rejectsLimit(flags: Pick<Flags, 'max-rejects' | 'strict'>): number | undefined {
  return flags['max-rejects'] ?? (flags.strict ? 0 : undefined);
}
