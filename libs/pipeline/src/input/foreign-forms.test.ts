import { expect, it } from 'vitest';
import { blocksOf, failureOf } from '@lockstep/testing-ports';
import { readRecords } from './read-records.ts';

const zip = (name: string) => `PK\x03\x04\x14\0\0\0\x08\0${'\0'.repeat(20)}${name}`;

it.each([
  ['a PDF', '%PDF-1.7\n'],
  ['a Word document (.docx)', zip(`[Content_Types].xml${'\0'.repeat(400)}word/document.xml`)],
  ['an Excel workbook (.xlsx)', zip('xl/workbook.xml')],
  ['a PowerPoint presentation (.pptx)', zip('ppt/presentation.xml')],
  ['an Office document (.docx, .xlsx or .pptx)', zip('[Content_Types].xml')],
  ['an e-book (.epub)', zip('mimetypeapplication/epub+zip')],
  ['an OpenDocument file', zip('mimetypeapplication/vnd.oasis.opendocument.text')],
  ['a zip file', zip('chunks.json')],
  ['a Word, Excel or Outlook file of the old kind (.doc, .xls, .msg)', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['an RTF document', '{\\rtf1\\ansi\nHello}'],
  ['a SQLite database', 'SQLite format 3\0'],
  ['a DuckDB database', '\x01\x02\x03\x04\x05\x06\x07\x08DUCK'],
  ['an Avro file', 'Obj\x01\x04'],
  ['an Arrow or Feather file', 'ARROW1\0\0'],
  ['an Arrow or Feather file', '\xff\xff\xff\xff\x10\0\0\0'],
  ['a NumPy array', '\x93NUMPY\x01\0'],
  ['a Python pickle', '\x80\x04\x95\x10\0'],
  ['an image', '\x89PNG\r\n\x1a\n'],
  ['an image', '\xff\xd8\xff\xe0\0\x10JFIF'],
  ['audio or video', '\0\0\0\x18ftypmp42'],
  ['a tar archive', `chunks.json${'\0'.repeat(246)}ustar\x0000`],
  ['a 7z archive', '7z\xbc\xaf\x27\x1c\0\x04'],
  ['compressed with xz', '\xfd7zXZ\0\0\x04'],
  ['compressed with bzip2', 'BZh91AY&SY'],
  ['compressed with lz4', '\x04\x22\x4d\x18d@'],
  ['HTML', '\n<!doctype html>\n<p>[1]'],
  ['XML', '\xef\xbb\xbf<?xml version="1.0"?>\n<add><doc/></add>'],
])('%s is refused by what it is, with what to do, whatever its name', async (what, text) => {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  for (const name of ['a.json', 'a.jsonl', 'a.csv', 'a.parquet'])
    for (const size of [1, 4096]) {
      const failure = await failureOf(
        (async () => {
          for await (const _ of readRecords(blocksOf(bytes, size), { name }));
        })(),
      );
      expect(failure.code).toBe('input-form');
      expect(failure.message.startsWith(`The input is ${what}; expected records as JSON`), failure.message).toBe(true);
      expect(failure.message).toMatch(/Parquet\. [A-Z][^]*\.$/);
    }
});
