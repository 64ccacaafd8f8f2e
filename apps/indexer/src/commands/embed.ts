import { embeddingPrice } from '../settings/embedding-price.ts';
import { PAYING_FLAGS } from '../settings/flags.ts';
import { rejectsLimit, tokensGuard } from '../settings/run-limits.ts';
import { embedText } from '../text/embed-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const embed = corpusCommand({
  name: 'embed',
  description: 'Embeds the texts that the cache does not have, and writes the vectors of the corpus to a file',
  flags: ['allow-new-ids', ...PAYING_FLAGS, 'max-rejects', 'strict'],
  async run({ session, flags, embedder }) {
    const price = embeddingPrice(embedder, flags);
    const guardTokens = tokensGuard(flags, embedder);
    const receipt = await session.embed({ guardTokens, rejectsMax: rejectsLimit(flags) });
    return { text: embedText(receipt, price), json: receipt };
  },
});
