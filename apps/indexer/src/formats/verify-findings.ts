import type { VerifyReceipt } from '@lockstep/pipeline';
import { differenceText } from '../text/verify-text.ts';
import type { Finding } from '../outcome/finding.ts';

/** What a verification found wrong: each difference that its receipt names, and how many more there are. */
export function verifyFindings(receipt: VerifyReceipt): Finding[] {
  const { corpus, inputNow, differences, differencesCount } = receipt;
  const error = (message: string, count = 1): Finding => ({ kind: 'error', title: `verify ${corpus}`, message, count });
  const rest = differencesCount - differences.length;
  return [
    ...(inputNow === 'changed' ? [error('The input has changed since validate read it.')] : []),
    ...differences.map((difference) => error(`${differenceText(difference).trim()}.`)),
    ...(rest > 0 ? [error(`${rest} more differences; verify.json lists all.`, rest)] : []),
  ];
}

/** Sentences of a command that warn, as findings. */
export function warningFindings(title: string, sentences: readonly string[]): Finding[] {
  return sentences.map((message) => ({ kind: 'warning', title, message }));
}
