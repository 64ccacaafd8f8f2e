import { IndexingError } from '@lockstep/model';
import { delimiterOf, isTable } from './tables/csv-header.ts';
import { foreign, FOREIGN_BYTES, refuseForeign } from './foreign-forms.ts';
import { holdsObject, jsonLayout, type JsonLayout } from './json/json-layout.ts';
import { spaceEnd } from './json/scan-bytes.ts';

/** What the bytes of an input are, once they are unpacked. */
export type InputForm =
  | { readonly kind: 'json'; readonly layout: JsonLayout }
  | { readonly kind: 'csv'; readonly delimiter: string }
  | { readonly kind: 'parquet' };

/** Bytes of the head that are looked at, at most. */
export const HEAD_BYTES_MAX = 256 * 1024;

const LF = 0x0a;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const BOM_BYTES = 3;

/** Names that say that every line is a record, compressed or not. */
const LINES_NAME = /\.(jsonl|ndjson)(\.(gz|zst))?$/i;
const TABLE_NAME = /\.(csv|tsv)(\.(gz|zst))?$/i;

const utf8 = new TextDecoder();

/** Whether the name of a file says JSON lines. */
export function saysLines(name: string): boolean {
  return LINES_NAME.test(name);
}

/**
 * Tells the form of an input from its first bytes, and from its name where they leave a doubt; undefined where more bytes
 * are needed, which it never says of a `whole` head.
 *
 * Fails with `input-form` for what is known and cannot be read, and with `input-encoding` for UTF-16 without its mark.
 */
export function inputForm(head: Uint8Array, whole: boolean, name: string): InputForm | undefined {
  const from = spaceEnd(head, head[0] === 0xef ? BOM_BYTES : 0);
  const text = head.subarray(from);
  const [first, second] = text;
  if (first === undefined || second === undefined) return whole ? { kind: 'json', layout: 'values' } : undefined;
  const isJson = first === OPEN_BRACE || first === OPEN_BRACKET;
  if (second === 0 && (isJson || whole)) refuseUtf16(text);
  if (isJson && !(second === 0x5c && first === OPEN_BRACE)) {
    const layout = jsonLayout(text, whole, saysLines(name));
    return layout === undefined ? undefined : { kind: 'json', layout };
  }
  if (!whole && head.length < FOREIGN_BYTES) return undefined;
  // What follows the magic number of Parquet is no text, unlike the name of a column, or its end, or nothing.
  if (/^PAR1(?:[^\t\n\r -~]|PAR1|$)/.test(utf8.decode(head.subarray(0, 8)))) return { kind: 'parquet' };
  refuseForeign(head);
  if (first === 0) refuseUtf16(text);
  if (text.indexOf(LF) < 0 && !whole) return undefined;
  return textForm(text, name);
}

/** The form of a text that starts neither with a bracket nor with a brace. */
function textForm(text: Uint8Array, name: string): InputForm {
  const named = TABLE_NAME.exec(name)?.[1]?.toLowerCase();
  const head = utf8.decode(text);
  const layout = saysLines(name) ? 'lines' : 'values';
  if (named !== undefined) return { kind: 'csv', delimiter: delimiterOf(head) ?? (named === 'tsv' ? '\t' : ',') };
  const [line = ''] = head.split('\n', 1);
  if (isJsonText(line) || (layout === 'lines' && holdsObject(text))) return { kind: 'json', layout };
  if (isTable(head)) return { kind: 'csv', delimiter: delimiterOf(head) as string };
  if (isProse(head))
    throw foreign(
      'plain text',
      'Split it into chunks first; a table needs a first line with the names of its columns.',
    );
  return { kind: 'json', layout };
}

function isJsonText(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Words in plain sight: a letter or a mark of Markdown first, then words between spaces, and no control characters. */
function isProse(head: string): boolean {
  const start = head.slice(0, 2000);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return /^[\p{L}#*\->]/u.test(start) && !/[\0-\x08\x0e-\x1f\ufffd]/.test(start) && /(?:\S+\s+){4}/.test(start);
}

/** Every other byte is a NUL: the text of a western language in UTF-16. */
function refuseUtf16(text: Uint8Array): void {
  const bytes = text.subarray(0, FOREIGN_BYTES);
  const zeros = [0, 0];
  for (const [at, byte] of bytes.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] as number) + 1;
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) < bytes.length / 4 || Math.min(even, odd) > bytes.length / 8) return;
  throw new IndexingError({
    code: 'input-encoding',
    message: 'The input looks like UTF-16 without its byte order mark. Save it as UTF-8, or as UTF-16 with the mark.',
  });
}
