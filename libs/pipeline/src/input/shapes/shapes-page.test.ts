import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { ID_ALIASES, TEXT_ALIASES } from '@lockstep/model';
import { COLUMNS_BYTES_MAX } from '../json/column-list.ts';
import {
  KNOWN_DATES,
  KNOWN_DOCUMENTS,
  KNOWN_IDS,
  KNOWN_PAGES,
  KNOWN_TEXTS,
  KNOWN_TITLES,
  LAST_TEXTS,
} from './known-names.ts';
import { LISTS_OF_TEXTS } from './parts-of-documents.ts';
import type { Shape } from './shape.ts';
import { SHAPES } from './shapes.ts';

const code = (text: string): string => `\`${text}\``;
const list = (paths: readonly string[] = []): string => paths.map(code).join(', ');

const FIXTURES = join(import.meta.dirname, '../../../../../fixtures/shapes');

function placesOf({ places, join }: Shape): string {
  if (join !== undefined) return 'one after another, an action before each';
  const where = places?.map(({ path, keyed, columns }) =>
    columns === undefined
      ? (path.length === 0 ? 'top' : code(path.join('.'))) + (keyed === true ? ' by id' : '')
      : `columns ${columns.map(({ name }) => code(name)).join(', ')}`,
  );
  return where?.join(', ') ?? 'top';
}

function recognisedBy({ name, has, hasNot = [], join }: Shape): string {
  if (join !== undefined) return 'an action as its first line';
  if (has.length === 0) return name === 'strings' ? 'texts in place of objects' : 'a text under a usual name';
  const keys = has.map((paths) => (typeof paths === 'string' ? code(paths) : paths.map(code).join(' or ')));
  return [...keys, ...hasNot.map((path) => `no ${code(path)}`)].join(', ');
}

/** The fixture of a shape, as its program writes it. */
function exampleOf({ name }: Pick<Shape, 'name'>): string {
  const file = readdirSync(FIXTURES).find(
    (each) => each.split('.', 1)[0] === name && !each.endsWith('.expected.json'),
  ) as string;
  const text = readFileSync(join(FIXTURES, file), 'utf8').trimEnd();
  return `\`\`\`${file.endsWith('.json') ? 'json' : 'text'}\n${text}\n\`\`\``;
}

function sectionOf(shape: Shape): string {
  const lines: [string, string][] = [
    ['Records', placesOf(shape)],
    ['Recognised by', recognisedBy(shape)],
    ['Id', list(shape.id)],
    ['Text', list(shape.text)],
    ['Document', list(shape.document)],
    ['Title', list(shape.title)],
    ['Page', list(shape.page)],
    ['Date', list(shape.created)],
    ['Not kept in metadata', list(shape.leaveOut)],
  ];
  const known = lines.filter(([, value]) => value !== '').map(([name, value]) => `- ${name}: ${value}`);
  return `### ${shape.name}\n\n${capital(shape.about)}.\n\n${known.join('\n')}\n\n${exampleOf(shape)}\n`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

it('docs/shapes.md lists every shape with the keys that are recognised (vitest -u writes it)', async () => {
  const text = `# Shapes of chunk files

\`validate\` recognises what a file holds by its first 256 KiB, and says in its receipt (\`shape\`) which shape it took and
from which keys the id, the text and the document come. This page is written from \`libs/pipeline/src/input/shapes\`.

Records of Lockstep's own shape have an id (${list(ID_ALIASES)}) and a text (${list(TEXT_ALIASES)}),
and may have \`document_id\`, \`chapter_title\`, \`page_number\`, \`created_at\` and \`metadata\`:

${exampleOf({ name: 'lockstep' })}

A file of this shape, in an array, in JSON lines, or under \`chunks\`, \`data\` or \`items\`, is always taken as it is. Of the shapes below the
one with the most recognised keys counts. Records that may stand at the top may also stand in any object of the shape \`container\`. Where two lists
of one object hold records, \`fields.records\` says which is meant.

Answers of a service may stand one after another, as pages do. Where the records are columns, all columns must be in memory together: they have
at most ${COLUMNS_BYTES_MAX / 1024 / 1024} MiB without vectors, and a value for each record; otherwise the input is refused with \`input-columns\`. Export a larger collection in
parts. In a bulk request an action and the document after it are one record; deletions and scripts are rejected.

One object that has a text is a record, so that a folder may have a file for each. Not where it also holds a list of what
may be records: then \`fields.records\` says which is meant.

| shape | written by | recognised by |
| --- | --- | --- |
${SHAPES.map((shape) => `| [${shape.name}](#${shape.name}) | ${shape.about} | ${recognisedBy(shape)} |`).join('\n')}

[Each shape](#each-shape) stands below with its keys and an example.

## Usual names

Where a shape says nothing, or its path is empty in a record, these names are looked for, at the top and then in \`metadata\` or in what
else holds the metadata of a shape, such as \`payload\` (ids not there), also in another letter case and without underscores:

- Id: ${list(KNOWN_IDS)}
- Text: ${list(KNOWN_TEXTS)}; where none of the first records has one of these, ${list(LAST_TEXTS)}
- Document: ${list(KNOWN_DOCUMENTS)}
- Title: ${list(KNOWN_TITLES)}
- Page: ${list(KNOWN_PAGES)}
- Date: ${list(KNOWN_DATES)}

## Documents that hold their parts

Documents without a text of their own, in which one list holds objects with a text, are of the shape \`parts\`: each part is a chunk, with
the fields of its document that it does not have itself, but for other lists of parts. Its id is the JSON array of the document's id and its own, such as
\`[2,255]\`, since parts count anew in each document; a part without an id gets a derived one, as below. Strings are parts where the list is called
${list(LISTS_OF_TEXTS)}.
Of two such lists \`fields.records\` says which is meant: \`{ "fields": { "records": "verses" } }\` goes through the list of documents, and
\`data.books.sections.paragraphs\` through all lists on the way. In JSON lines such a path starts in each line.

## Naming the fields yourself

\`\`\`json
{ "fields": { "records": "data.docs", "id": ["url", "chunk_index"], "text": "body", "document": "metadata.source" } }
\`\`\`

A path is keys joined by dots, or a JSON Pointer where it begins with \`/\`. Several paths of \`id\` make one id of their values, as a JSON array. A
path that no record has is an error. The flags \`--records --id --text --document --title --page --created\` do the same for one run.

## Ids

A record without an id gets one that is derived from its document and its text: the first 32 hexadecimal digits of the SHA-256 of
\`["lockstep.derived-id/1", document, text]\`. It stays the same when records change their order. Records that are equal in all fields are one
chunk; where only document and text are equal, \`-\` and 12 digits of the hash of the other fields are added.

## What is changed on the way

Every other key of a record goes into \`metadata\`. The id and the text do not stand there once more; a label does where it stood in an object
of the record. A field that is null is the same as its absence.

A label never costs a text. A page, a date or a title that does not fit its column stays in \`metadata\` under its own name. Of two ids
\`chunk_id\` counts, or a text beside a bare number; of two texts the whole one; the other stays in \`metadata\`. NUL and lone surrogates are taken
out of texts and values. NaN and Infinity become null, and an integer beyond 2^53 its digits as text, also as an id; fractions and numbers
with an exponent stay numbers. Each is counted by kind in the receipt (\`converted\`); \`--strict\` rejects such records instead.

## Each shape

Of several paths the first that a record has counts. Vectors are always left out: the embedding is made anew.

${SHAPES.map(sectionOf).join('\n')}`;
  const page = await format(text, { parser: 'markdown', printWidth: 120 });
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../../../../docs/shapes.md'));
});
