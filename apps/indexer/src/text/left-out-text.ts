import { counted } from '@lockstep/model';
import { rejectedText, type RejectSum, type ValidateReceipt } from '@lockstep/pipeline';
import { withoutControls } from '../terminal/printable.ts';

/** Records of the input that the corpus lacks, as they were last validated on this machine. */
export interface LeftOut {
  readonly records: number;
  readonly rejected: number;
  /** Rejected records by the code of the reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The file that lists them; null where none was rejected. */
  readonly file: string | null;
}

/**
 * How many records of an input were left out, and where they are listed; undefined where none was.
 *
 * @param folder that of the corpus; undefined where no file lists them
 */
export function leftOutText(receipt: ValidateReceipt | undefined, folder: string | undefined): string | undefined {
  if (receipt === undefined || receipt.rejected === 0) return undefined;
  const { corpus, rejected, records, rejects = [] } = receipt;
  const reasons = rejects.map(({ code, count }) => `${count} ${code}`).join(', ');
  const listed =
    folder === undefined ? '`indexer validate` lists each in a file' : `${folder}/validate/rejects.jsonl lists each`;
  return `${corpus} LEFT OUT: ${rejected} of ${counted(records, 'record')} rejected${reasons === '' ? '' : ` (${reasons})`}; ${listed}`;
}

/** The same for a program; null where the input was not validated on this machine. */
export function leftOutOf(receipt: ValidateReceipt | undefined, folder: string): LeftOut | null {
  if (receipt === undefined) return null;
  const { records, rejected, rejects = [] } = receipt;
  const reasons = Object.fromEntries(rejects.map(({ code, count }) => [code, count]));
  return { records, rejected, reasons, file: rejected === 0 ? null : `${folder}/validate/rejects.jsonl` };
}

/** The same, with the first record of each reason on a line of its own; no line where none was left out. */
export function leftOutLines(receipt: ValidateReceipt, folder: string | undefined): string[] {
  const head = leftOutText(receipt, folder);
  return head === undefined ? [] : [head, ...(receipt.rejects ?? []).map((sum) => `  ${rejectText(sum)}`)];
}

/** Rejected records of one reason, with the first of them. */
export function rejectText(sum: RejectSum): string {
  const first = sum.count === 1 ? '' : `, first of ${sum.count}`;
  return withoutControls(`${sum.code}${first}: ${rejectedText(sum)}`);
}
