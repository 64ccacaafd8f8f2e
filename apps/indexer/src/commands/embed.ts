import type { EmbedReceipt } from '@lockstep/pipeline';
import { costText } from '../cost-text.ts';
import { corpusCommand } from '../run-command.ts';
import { CORPUS_ARGS } from '../settings/flags.ts';

export const embed = corpusCommand({
  name: 'embed',
  description: 'Embeds what the cache does not hold yet, and writes the slice of the corpus',
  args: CORPUS_ARGS,
  async run({ session }) {
    const receipt = await session.embed();
    return { text: embedText(receipt), json: receipt };
  },
});

/** What embed did and cost, in one line. */
export function embedText(receipt: EmbedReceipt): string {
  const { corpus, texts, embedded, cached, requests, model, dimensions } = receipt;
  return (
    `${corpus} embed: ${texts} texts, ${embedded} embedded in ${requests} requests, ${cached} from the cache, ` +
    `${costText(receipt)} (${model}, ${dimensions} dimensions)`
  );
}
