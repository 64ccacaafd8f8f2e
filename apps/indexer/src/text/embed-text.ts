import type { EmbedReceipt } from '@lockstep/pipeline';
import { costText } from './cost-text.ts';

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
