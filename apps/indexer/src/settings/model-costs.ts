import { OPENAI_MODELS } from '@lockstep/embed-openai/models';
import type { EmbedderIdentity } from '@lockstep/model';
import type { TokenTally } from '@lockstep/pipeline';
import { costOf, embeddingPrice } from './embedding-price.ts';
import type { Flags } from './flags.ts';
import { KNOWN_MODELS } from './known-models.ts';

/** What embedding texts with one model takes and costs. */
export interface ModelCost extends TokenTally {
  readonly inUse: boolean;
  /** US dollars; null where the price is not known. */
  readonly dollars: number | null;
}

/**
 * What the texts cost with each known model; the one in use comes first. OpenAI's models have one tokenizer, so that one
 * tally is that of all of them.
 */
export function modelCosts(
  tallies: readonly TokenTally[],
  inUse: EmbedderIdentity,
  flags: Pick<Flags, 'price'>,
): readonly ModelCost[] {
  const embedded = KNOWN_MODELS.embedded.model;
  const costs = tallies.flatMap((tally): ModelCost[] => {
    if (tally.model === embedded) {
      return [{ ...tally, inUse: inUse.model === embedded, dollars: 0 }];
    }
    const isOwn = inUse.model !== embedded;
    const known = Object.entries(OPENAI_MODELS)
      .filter(([model]) => !(isOwn && inUse.host === null && model === inUse.model))
      .map(([model, { dimensions, dollarsPerMillionTokens }]) => ({
        ...tally,
        model,
        dimensions,
        inUse: false,
        dollars: costOf(tally.tokens, dollarsPerMillionTokens),
      }));
    if (!isOwn) return known;
    const price = embeddingPrice(inUse, flags);
    const dollars = price === undefined ? null : costOf(tally.tokens, price);
    return [{ ...tally, model: inUse.model, dimensions: inUse.dimensions, inUse: true, dollars }, ...known];
  });
  return costs.toSorted((a, b) => Number(b.inUse) - Number(a.inUse));
}
