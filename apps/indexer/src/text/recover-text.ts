import { counted } from '@lockstep/model';
import type { RecoverReceipt } from '@lockstep/pipeline';

/** What `cache recover` read from the collection, in one line. */
export function recoverText({ corpus, target, wanted, recovered, refused }: RecoverReceipt): string {
  const parts = [`${counted(wanted, 'text')} missing from the cache`, `${recovered} recovered from ${target}`];
  if (refused > 0) parts.push(`${refused} not usable or of another model`);
  if (wanted > recovered) parts.push(`${wanted - recovered} still to be embedded`);
  return `${corpus} cache recover: ${parts.join(', ')}`;
}
