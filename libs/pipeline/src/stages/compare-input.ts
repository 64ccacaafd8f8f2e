import type { InputNow, ValidateReceipt } from '../receipts.ts';

/** Compares the input as it is now with what a validate read of it. Reads neither where the other is not known. */
export async function compareInput(
  { inputDigest }: Pick<ValidateReceipt, 'inputDigest'>,
  digestNow: (() => Promise<string | null>) | undefined,
): Promise<InputNow> {
  if (typeof inputDigest !== 'string' || digestNow === undefined) return 'not-compared';
  const now = await digestNow();
  if (now === null) return 'not-compared';
  return now === inputDigest ? 'as-validated' : 'changed';
}
