import type { EmbedReceipt } from '@lockstep/pipeline';
import type { EmbedChoices } from '../corpus-session.ts';
import { costText } from '../cost-text.ts';
import { corpusCommand } from '../run-command.ts';
import { costLimit, embeddingPrice, guardCost } from '../settings/embedding-price.ts';
import { CORPUS_ARGS, COST_ARGS, PACE_ARGS } from '../settings/flags.ts';

export const embed = corpusCommand({
  name: 'embed',
  description: 'Embeds what the cache does not hold yet, and writes the slice of the corpus',
  args: { ...CORPUS_ARGS, ...COST_ARGS, ...PACE_ARGS },
  async run({ session, flags, environment, embedder }) {
    const price = embeddingPrice(embedder, flags, environment);
    const receipt = await session.embed(embedChoices(embedder.model, price, costLimit(flags, environment)));
    return { text: embedText(receipt, price), json: receipt };
  },
});

/** Holds what is to be paid against a limit, where there is one. */
export function embedChoices(model: string, price: number | undefined, limit: number | undefined): EmbedChoices {
  return limit === undefined ? {} : { guardTokens: (tokens) => guardCost(tokens, { model, price, limit }) };
}

/** What embed did and cost, in one line. */
export function embedText(receipt: EmbedReceipt, price: number | undefined): string {
  const { corpus, texts, embedded, cached, requests, tokens, model, dimensions } = receipt;
  return (
    `${corpus} embed: ${texts} texts, ${embedded} embedded in ${requests} requests, ${cached} from the cache, ` +
    `${costText(tokens, price)} (${model}, ${dimensions} dimensions)`
  );
}
