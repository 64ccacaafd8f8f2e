import { embeddingPrice } from '../settings/embedding-price.ts';
import { rejectsLimit, tokensGuard } from '../settings/run-limits.ts';
import { embedText } from '../text/embed-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { FIELD_FLAGS, MODEL_FLAGS, PAYING_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const embed = corpusCommand({
  name: 'embed',
  flags: [
    'corpus',
    ...FIELD_FLAGS,
    'allow-new-ids',
    'collection',
    'payload',
    'batch-size',
    ...MODEL_FLAGS,
    ...PAYING_FLAGS,
    'max-rejects',
    'strict',
    ...SERVICE_FLAGS,
  ],
  examples: [
    ['indexer embed my-docs', 'Embeds what the cache lacks, after validate'],
    ['indexer embed my-docs --max-cost 1', 'Pays for nothing if all of it would cost more than a dollar'],
  ],
  async run({ session, flags, embedder }) {
    const price = embeddingPrice(embedder, flags);
    const guardTokens = tokensGuard(flags, embedder);
    const receipt = await session.embed({ guardTokens, rejectsMax: rejectsLimit(flags) });
    return { text: embedText(receipt, price), json: receipt };
  },
});
