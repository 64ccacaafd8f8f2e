import { counted } from '@lockstep/model';
import type { ValidateReceipt } from '@lockstep/pipeline';

/** What validate found, in one line. */
export function validateText(receipt: ValidateReceipt, folder: string): string {
  const { corpus, records, accepted, rejected, duplicates, held, truncated } = receipt;
  const parts = [`${counted(records, 'record')}`, `${accepted} accepted`];
  if (duplicates > 0) parts.push(counted(duplicates, 'duplicate'));
  if (rejected > 0) parts.push(`${rejected} rejected (${folder}/validate/rejects.jsonl)`);
  if (held > 0) parts.push(`of which ${held} held (a version in the stores stays)`);
  if (truncated > 0)
    parts.push(`${counted(truncated, 'text')} too long for the model, so that only the beginning is embedded`);
  return `${corpus} validate: ${parts.join(', ')}`;
}
