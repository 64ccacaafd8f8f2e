import type { ValidateReceipt } from '@lockstep/pipeline';

/** What validate found, in one line. */
export function validateText(receipt: ValidateReceipt, folder: string): string {
  const { corpus, records, accepted, rejected, duplicates, held, truncated } = receipt;
  const parts = [`${records} records`, `${accepted} accepted`];
  if (duplicates > 0) parts.push(`${duplicates} duplicates`);
  if (rejected > 0) parts.push(`${rejected} rejected (${folder}/validate/rejects.jsonl)`);
  if (truncated > 0) parts.push(`${truncated} too long for the model, embedded by their beginning`);
  if (held > 0) parts.push(`${held} of them held in the stores if they are there`);
  return `${corpus} validate: ${parts.join(', ')}`;
}
