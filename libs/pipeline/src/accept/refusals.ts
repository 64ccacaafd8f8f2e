import { counted, IndexingError } from '@lockstep/model';
import { likelyFieldsText } from '../input/shapes/likely-fields.ts';
import { rejectedText } from './rejected-text.ts';
import type { RejectSum, ShapeReport } from '../receipts.ts';

// The errors of an input that is refused as a whole because of its records. `listed` says where each of them is listed.

/** Refuses an input without any acceptable record. */
export function nothingAcceptable(
  records: number,
  [first]: readonly RejectSum[],
  { keysFound, likely = { lists: [] } }: ShapeReport,
  listed: string,
): IndexingError {
  const none =
    records === 1
      ? 'The only record of the input cannot be accepted'
      : `None of the ${records} records can be accepted`;
  const reason = first === undefined ? '' : records === 1 ? `: ${reasonText(first)}` : `; ${sumText(first)}`;
  const isNameMissing = first?.code === 'missing-text' || first?.code === 'missing-id';
  const keys =
    isNameMissing && keysFound.length > 0
      ? ` The records have ${keysFound.join(', ')}; name the right one with fields in corpus.json.${first.code === 'missing-text' ? likelyFieldsText(likely) : ''}`
      : '';
  return new IndexingError({
    code: 'input-nothing-acceptable',
    message: `${none}${reason}.${keys} ${listed}`,
    details: { records },
  });
}

/** Refuses an input of which too much would be left out. */
export function tooManyRejected(
  rejected: number,
  records: number,
  sums: readonly RejectSum[],
  listed: string,
): IndexingError {
  return new IndexingError({
    code: 'too-many-rejected',
    message: `${rejected} of ${counted(records, 'record')} would be left out: ${sumsText(sums)}. ${listed}`,
    details: { rejected, records },
  });
}

/** Refuses, under `strict`, an input with rejected records. */
export function refusedUnderStrict(rejected: number, sums: readonly RejectSum[], listed: string): IndexingError {
  return new IndexingError({
    code: 'records-rejected',
    message: `${rejected === 1 ? '1 record was' : `${rejected} records were`} rejected: ${sumsText(sums)}. ${listed}`,
    details: { rejected },
  });
}

/** Reasons that a message names. */
const REASONS_MAX = 3;

/** Why records were rejected, with the first of each reason; the most frequent reasons. */
function sumsText(sums: readonly RejectSum[]): string {
  const named = sums.slice(0, REASONS_MAX).map(sumText);
  return [...named, ...(sums.length > REASONS_MAX ? [`${sums.length - REASONS_MAX} more reasons`] : [])].join('; ');
}

/** How many records were rejected for one reason, with the first of them. */
function sumText(sum: RejectSum): string {
  return `${sum.count} ${sum.code} (${rejectedText(sum)})`;
}

/** One reason without its number, for the only record. */
function reasonText(sum: RejectSum): string {
  return `${rejectedText(sum)} (${sum.code})`;
}
