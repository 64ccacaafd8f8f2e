import { counted } from '@lockstep/model';
import type { EmbedReceipt } from '@lockstep/pipeline';
import { costText } from './cost-text.ts';

/** What embed did and cost, in one line. */
export function embedText(receipt: EmbedReceipt, price: number | undefined): string {
  const { corpus, texts, embedded, cached, refused, requests, tokens, model, dimensions } = receipt;
  const refusedText = refused === 0 ? '' : `, ${refused} REFUSED by the service (listed in embed/refused.jsonl)`;
  return (
    `${corpus} embed: ${counted(texts, 'text')}, ${embedded} embedded in ${counted(requests, 'request')}, ` +
    `${cached} from the cache${refusedText}; ${costText(tokens, price)} (${model}, ${counted(dimensions, 'dimension')})` +
    possiblyPaidText(receipt.possiblyPaid)
  );
}

/** A line about texts that may have been paid for without a result; nothing where there are none. */
export function possiblyPaidText(texts: number): string {
  return texts === 0 ? '' : `\n  ${counted(texts, 'more text')} possibly paid for: the reply to the request was lost`;
}
