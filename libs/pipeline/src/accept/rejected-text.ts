import type { RejectSum } from '../receipts.ts';
import { placeText } from '../input/record-place.ts';

/** UTF-16 units of an id that is shown. */
const ID_UNITS_MAX = 60;

/** Codes whose messages say what is missing, so that the field need not be named before them. */
const SAYS_WHAT = new Set<RejectSum['code']>(['missing-text', 'missing-id']);

/** A rejected record: its number and line, its id if that could be read, and what is wrong with it. */
export function rejectedText({ code, example }: Pick<RejectSum, 'code' | 'example'>): string {
  const { chunk_id: chunkId, field, message } = example;
  const id = chunkId === null ? '' : `, id ${JSON.stringify(shortened(chunkId))}`;
  return `${placeText(example)}${id}: ${field === null || SAYS_WHAT.has(code) ? '' : `${field}: `}${message}`;
}

function shortened(id: string): string {
  return id.length > ID_UNITS_MAX ? `${id.slice(0, ID_UNITS_MAX)}...`.toWellFormed() : id;
}
