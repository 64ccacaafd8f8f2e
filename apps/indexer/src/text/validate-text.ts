import { counted } from '@lockstep/model';
import { placeText, type ConversionSum, type ValidateReceipt } from '@lockstep/pipeline';
import { numberText } from './inspect/number-text.ts';
import { overlongText } from './overlong-text.ts';
import { shapeText } from './shape-text.ts';

/** What kinds of conversions are called, one and several. */
export const CONVERSIONS: Readonly<Record<ConversionSum['kind'], readonly [one: string, several: string]>> = {
  character: [
    'text or value without its NUL or lone surrogate',
    'texts or values without their NUL or lone surrogates',
  ],
  id: ['id chosen of several', 'ids chosen of several'],
  text: ['text chosen of several', 'texts chosen of several'],
  date: ['date in another form', 'dates in another form'],
  page: ['page number in another form', 'page numbers in another form'],
  label: [
    'value kept in metadata, since its column cannot hold it',
    'values kept in metadata, since their columns cannot hold them',
  ],
  metadata: ['key renamed in metadata', 'keys renamed in metadata'],
  number: ['record with NaN or Infinity, now null', 'records with NaN or Infinity, now null'],
};

/**
 * What validate found, in one line. Further lines say, where it applies, as which shape the input was read, which values
 * were converted, and what becomes of texts that are too long for the model.
 */
export function validateText(receipt: ValidateReceipt, price: number | undefined): string {
  const { corpus, records, accepted, rejected, duplicates, held, truncated, overlong } = receipt;
  const parts = [`${counted(records, 'record')}`, `${accepted} accepted`];
  if (duplicates > 0) parts.push(counted(duplicates, 'duplicate'));
  if (rejected > 0) parts.push(`${rejected} rejected`);
  if (held > 0) parts.push(`of which ${held} held (the last good version, if there is one, stays)`);
  if (truncated > 0)
    parts.push(`${counted(truncated, 'text')} too long for the model, so that only the beginning is embedded`);
  const line = `${corpus} validate: ${parts.join(', ')}`;
  const isShown = overlong && overlong.records > 0 && overlong.mode !== 'truncate';
  return [
    line,
    ...filesText(receipt).map((text) => `${corpus} validate: ${text}`),
    ...fieldsText(receipt).map((text) => `${corpus} validate: ${text}`),
    ...(receipt.converted ?? []).map((sum) => `${corpus} validate: ${conversionText(sum)}`),
    ...(isShown ? [`${corpus} validate: ${overlongText(overlong, price)}`] : []),
  ].join('\n');
}

/** Of which files an input is, where it has several, and which of them have no record or another shape than most. */
function filesText({ files }: ValidateReceipt): string[] {
  if (files === undefined) return [];
  const empty = files.empty === 0 ? '' : `, ${files.empty} of them without a record`;
  const shapes = files.shapes.map(
    ({ shape, files: count, example }) => `${counted(count, 'file')} as ${shapeText(shape)} (first: ${example})`,
  );
  return [
    `read from ${counted(files.count, 'file')}${empty}`,
    ...(shapes.length > 1 ? [`of different shapes: ${shapes.join(', ')}`] : []),
  ];
}

/** Paths of one field, with the number of records of each where not all records have it there. */
export function pathsText(
  paths: readonly { readonly path: string; readonly count: number }[],
  records: number,
): string {
  return paths
    .map(({ path, count }) =>
      count >= records ? path : `${path} (${numberText(count)} of ${counted(records, 'record')})`,
    )
    .join(', ');
}

/** As which shape an input was read that is not in Lockstep's own, and where its fields came from. */
function fieldsText({ shape, records, derivedIds = 0 }: ValidateReceipt): string[] {
  if (shape === undefined || Object.keys(shape.from).length === 0) return [];
  const fields = Object.entries(shape.from).flatMap(([field, paths]) => {
    // What ids are derived from is said below.
    const named = paths.filter(({ path }) => field !== 'id' || path !== 'derived');
    return named.length === 0 ? [] : `${field} from ${pathsText(named, records)}`;
  });
  const lines = [`read as ${shapeText(shape.shape)}: ${fields.join(', ')}`];
  if (derivedIds > 0) lines.push(`${counted(derivedIds, 'record')} without an id; ids derived from document and text`);
  if (shape.vectorsLeftOut > 0) lines.push(`${counted(shape.vectorsLeftOut, 'vector')} of the input not used`);
  return lines;
}

/** Conversions of one kind, with the first of them. */
export function conversionText({ kind, count, example }: ConversionSum): string {
  return `${count} ${CONVERSIONS[kind][count === 1 ? 0 : 1]} (first: ${placeText(example)}${example.field === '' ? '' : `, ${example.field}`})`;
}
