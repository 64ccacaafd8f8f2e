import type { EmbedReceipt } from '@lockstep/pipeline';
import { costText } from '../cost-text.ts';
import { corpusCommand } from '../run-command.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { tokensGuard } from '../settings/run-limits.ts';
import { CORPUS_ARGS, COST_ARGS, PACE_ARGS, REJECTS_ARG, STRICT_ARG, type Flags } from '../settings/flags.ts';

export const embed = corpusCommand({
  name: 'embed',
  description: 'Embeds what the cache does not hold yet, and writes the slice of the corpus',
  args: { ...CORPUS_ARGS, ...COST_ARGS, ...PACE_ARGS, ...REJECTS_ARG, ...STRICT_ARG },
  async run({ session, flags, environment, embedder }) {
    const price = embeddingPrice(embedder, flags, environment);
    const guardTokens = tokensGuard(flags, environment, embedder);
    const receipt = await session.embed({ guardTokens, rejectsMax: rejectsLimit(flags) });
    return { text: embedText(receipt, price), json: receipt };
  },
});

/** How many texts the service may refuse: what a flag says, none under `--strict`. */
export function rejectsLimit(flags: Flags): number | undefined {
  return flags['max-rejects'] ?? (flags.strict ? 0 : undefined);
}

/** What embed did and cost, in one line. */
export function embedText(receipt: EmbedReceipt, price: number | undefined): string {
  const { corpus, texts, embedded, cached, refused, requests, tokens, model, dimensions } = receipt;
  const lost = receipt.possiblyPaid === 0 ? '' : `, ${receipt.possiblyPaid} more possibly paid (their reply was lost)`;
  const aside = refused === 0 ? '' : `, ${refused} REFUSED by the service and set aside (embed/refused.jsonl)`;
  return (
    `${corpus} embed: ${texts} texts, ${embedded} embedded in ${requests} requests, ${cached} from the cache${aside}, ` +
    `${costText(tokens, price)}${lost} (${model}, ${dimensions} dimensions)`
  );
}
