import type { EmbedderIdentity } from '@lockstep/model';
import type { RunLimits } from '@lockstep/pipeline';
import { deleteLimit } from './delete-limit.ts';
import { costOf, embeddingPrice, guardCost } from './embedding-price.ts';
import type { Flags } from './flags.ts';

/** What the corpora of one command were allowed to cost so far, in US dollars. */
export interface Spending {
  dollars: number;
}

/** What a run may delete and pay. */
export function runLimits(flags: Flags, embedder: EmbedderIdentity, spending?: Spending): RunLimits {
  return { deletes: deleteLimit(flags), guardTokens: tokensGuard(flags, embedder, spending) };
}

/**
 * Checks the cost of tokens against `--max-cost`, together with what was spent before, and adds it to that; undefined
 * without the flag.
 */
export function tokensGuard(
  flags: Flags,
  embedder: EmbedderIdentity,
  spending: Spending = { dollars: 0 },
): ((tokens: number) => void) | undefined {
  const limit = flags['max-cost'];
  const price = embeddingPrice(embedder, flags);
  if (limit === undefined) return undefined;
  return (tokens) => {
    guardCost(tokens, { model: embedder.model, price, limit, before: spending.dollars });
    spending.dollars += costOf(tokens, price ?? 0);
  };
}

/**
 * How many texts the embedding service may refuse: `--max-rejects`, else 0 with `--strict`, else undefined for the
 * default.
 */
export function rejectsLimit(flags: Pick<Flags, 'max-rejects' | 'strict'>): number | undefined {
  return flags['max-rejects'] ?? (flags.strict ? 0 : undefined);
}
