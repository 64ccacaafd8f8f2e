import type { RecoverReceipt } from '@lockstep/pipeline';

/** What `cache recover` read from the collection, in one line. */
export function recoverText({ corpus, target, wanted, recovered, refused }: RecoverReceipt): string {
  const parts = [`${wanted} texts were not in the cache`, `${recovered} recovered from ${target}`];
  if (refused > 0) parts.push(`${refused} of another model or unusable`);
  if (wanted > recovered) parts.push(`${wanted - recovered} still to be embedded`);
  return `${corpus} cache recover: ${parts.join(', ')}`;
}
