import type { Inspection } from '@lockstep/pipeline';

const FORMS = {
  'json-array': 'JSON array',
  'json-object': 'JSON object',
  'json-lines': 'JSON lines',
  'json-values': 'JSON',
  csv: 'CSV',
  tsv: 'TSV',
  parquet: 'Parquet',
} as const;

const ENCODINGS = { 'utf-8': '', 'utf-16le': ', UTF-16', 'utf-16be': ', UTF-16 (big endian)' } as const;

/** In what form the records of a file stand, how it is compressed and encoded. */
export function inputFormText({ form, records, packing, encoding }: Inspection['forms'][number]): string {
  const place = records === null || records === '' ? '' : `, records under ${records}`;
  const members = records === '' ? ', each member a record' : '';
  return `${FORMS[form]}${place}${members}${packing === null ? '' : `, ${packing}`}${ENCODINGS[encoding]}`;
}
