import { counted } from '@lockstep/model';
import type { ValidateReceipt } from '@lockstep/pipeline';

/** How many records of an input were left out, and where they are listed; undefined where none was. */
export function leftOutText(receipt: ValidateReceipt | undefined, folder: string): string | undefined {
  if (receipt === undefined || receipt.rejected === 0) return undefined;
  const { corpus, rejected, records, rejects = [] } = receipt;
  const reasons = rejects.map(({ code, count }) => `${count} ${code}`).join(', ');
  return `${corpus} LEFT OUT: ${rejected} of ${counted(records, 'record')} rejected${reasons === '' ? '' : ` (${reasons})`}; ${folder}/validate/rejects.jsonl lists each`;
}
