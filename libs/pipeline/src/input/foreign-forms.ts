import { IndexingError } from '@lockstep/model';

/** A kind of file that holds no records that could be read, known by its first bytes. */
interface ForeignForm {
  readonly what: string;
  /** What a user does about it. */
  readonly advice: string;
  readonly matches: (head: Uint8Array) => boolean;
}

/** Bytes within which every form shows itself. */
export const FOREIGN_BYTES = 4096;

const TEXT_FIRST = 'Extract its text and split it into chunks first.';
const UNPACK_FIRST = 'Unpack it, and give the file inside.';
const EXPORT_FIRST = 'Export the chunks as JSON lines, CSV or Parquet.';
const COMPRESS_OTHERWISE = 'Unpack it, or compress it with gzip or zstd.';

const latin1 = new TextDecoder('latin1');

/** The text of the head, byte by byte. */
function textOf(head: Uint8Array): string {
  return latin1.decode(head.subarray(0, FOREIGN_BYTES));
}

/** By a text that the file starts with; every character stands for a byte. */
function starting(text: string): ForeignForm['matches'] {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return (head) => bytes.every((byte, at) => head[at] === byte);
}

const any =
  (...ways: readonly ForeignForm['matches'][]): ForeignForm['matches'] =>
  (head) =>
    ways.some((matches) => matches(head));

/** By a pattern in the first bytes, read as text. */
const looking =
  (pattern: RegExp): ForeignForm['matches'] =>
  (head) =>
    pattern.test(textOf(head));

/** The protocol's number follows the first byte. */
function isPickle([first, protocol = 0]: Uint8Array): boolean {
  return first === 0x80 && protocol >= 2 && protocol <= 5;
}

const ZIP = 'PK\\x03\\x04';
const zipWith = (name: string): ForeignForm['matches'] => looking(new RegExp(`^${ZIP}[^]*${name}`));
const MARKUP = '^(?:\\xef\\xbb\\xbf)?\\s*';

const FORMS: readonly ForeignForm[] = [
  { what: 'a PDF', advice: TEXT_FIRST, matches: starting('%PDF-') },
  { what: 'a Word document (.docx)', advice: TEXT_FIRST, matches: zipWith('word/') },
  { what: 'an Excel workbook (.xlsx)', advice: 'Save the sheet as CSV.', matches: zipWith('xl/') },
  { what: 'a PowerPoint presentation (.pptx)', advice: TEXT_FIRST, matches: zipWith('ppt/') },
  { what: 'an Office document (.docx, .xlsx or .pptx)', advice: TEXT_FIRST, matches: zipWith('\\[Content_Types\\]') },
  { what: 'an e-book (.epub)', advice: TEXT_FIRST, matches: zipWith('application/epub') },
  { what: 'an OpenDocument file', advice: TEXT_FIRST, matches: zipWith('application/vnd\\.oasis') },
  { what: 'a PyTorch file', advice: EXPORT_FIRST, matches: zipWith('data\\.pkl') },
  { what: 'a zip file', advice: UNPACK_FIRST, matches: any(starting('PK\x03\x04'), starting('PK\x05\x06')) },
  {
    what: 'a Word, Excel or Outlook file of the old kind (.doc, .xls, .msg)',
    advice: TEXT_FIRST,
    matches: starting('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  },
  { what: 'an RTF document', advice: TEXT_FIRST, matches: starting('{\\rtf') },
  { what: 'a SQLite database', advice: EXPORT_FIRST, matches: starting('SQLite format 3\0') },
  { what: 'a DuckDB database', advice: EXPORT_FIRST, matches: looking(/^[^]{8}DUCK/) },
  { what: 'an Avro file', advice: EXPORT_FIRST, matches: starting('Obj\x01') },
  { what: 'an ORC file', advice: EXPORT_FIRST, matches: looking(/^ORC[^\t\n\r -~]/) },
  { what: 'an encrypted Parquet file', advice: 'Write it without encryption.', matches: starting('PARE') },
  {
    what: 'an Arrow or Feather file',
    advice: EXPORT_FIRST,
    matches: any(starting('ARROW1\0'), looking(/^FEA1[^\t\n\r -~]/), starting('\xff\xff\xff\xff')),
  },
  { what: 'an HDF5 file', advice: EXPORT_FIRST, matches: starting('\x89HDF') },
  { what: 'a NumPy array', advice: EXPORT_FIRST, matches: starting('\x93NUMPY') },
  { what: 'a Python pickle', advice: EXPORT_FIRST, matches: isPickle },
  {
    what: 'an image',
    advice: TEXT_FIRST,
    matches: any(
      starting('\x89PNG'),
      starting('\xff\xd8\xff'),
      looking(/^GIF8[79]a/),
      looking(/^RIFF[^]{4}WEBP/),
      starting('II*\0'),
      starting('MM\0*'),
    ),
  },
  {
    what: 'audio or video',
    advice: TEXT_FIRST,
    matches: looking(/^(?:ID3[\x02-\x04]|OggS\0|RIFF[^]{4}(?:WAVE|AVI )|[^]{4}ftyp)/),
  },
  { what: 'a tar archive', advice: UNPACK_FIRST, matches: looking(/^[^]{257}ustar/) },
  { what: 'a 7z archive', advice: UNPACK_FIRST, matches: starting('7z\xbc\xaf\x27\x1c') },
  { what: 'a RAR archive', advice: UNPACK_FIRST, matches: starting('Rar!\x1a\x07') },
  { what: 'compressed with xz', advice: COMPRESS_OTHERWISE, matches: starting('\xfd7zXZ\0') },
  { what: 'compressed with bzip2', advice: COMPRESS_OTHERWISE, matches: looking(/^BZh[1-9]1AY&SY/) },
  { what: 'compressed with lz4', advice: COMPRESS_OTHERWISE, matches: starting('\x04\x22\x4d\x18') },
  { what: 'a program', advice: 'Name the file that holds the chunks.', matches: starting('\x7fELF') },
  {
    what: 'HTML',
    advice: TEXT_FIRST,
    matches: looking(new RegExp(`${MARKUP}<(?:!doctype html|html|head|body)\\b`, 'i')),
  },
  { what: 'XML', advice: EXPORT_FIRST, matches: looking(new RegExp(`${MARKUP}<[?!a-z]`, 'i')) },
];

/** Fails with `input-form` where the first bytes are those of a known kind of file that holds no records to read. */
export function refuseForeign(head: Uint8Array): void {
  const form = FORMS.find(({ matches }) => matches(head));
  if (form !== undefined) throw foreign(form.what, form.advice);
}

/** The error for an input that is something else than records. */
export function foreign(what: string, advice: string): IndexingError {
  return new IndexingError({
    code: 'input-form',
    message: `The input is ${what}; expected records as JSON, JSON lines, CSV, TSV or Parquet. ${advice}`,
  });
}
