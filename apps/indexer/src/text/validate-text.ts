import { counted } from '@lockstep/model';
import type { ValidateReceipt } from '@lockstep/pipeline';
import { overlongText } from './overlong-text.ts';

/** What validate found, in one line, and in another what becomes of texts that are too long for the model. */
export function validateText(receipt: ValidateReceipt, folder: string, price: number | undefined): string {
  const { corpus, records, accepted, rejected, duplicates, held, truncated, overlong } = receipt;
  const parts = [`${counted(records, 'record')}`, `${accepted} accepted`];
  if (duplicates > 0) parts.push(counted(duplicates, 'duplicate'));
  if (rejected > 0) parts.push(`${rejected} rejected (${folder}/validate/rejects.jsonl)`);
  if (held > 0) parts.push(`of which ${held} held (a version in the stores stays)`);
  if (truncated > 0)
    parts.push(`${counted(truncated, 'text')} too long for the model, so that only the beginning is embedded`);
  const line = `${corpus} validate: ${parts.join(', ')}`;
  const isShown = overlong && overlong.records > 0 && overlong.mode !== 'truncate';
  return isShown ? `${line}\n${corpus} validate: ${overlongText(overlong, price)}` : line;
}
