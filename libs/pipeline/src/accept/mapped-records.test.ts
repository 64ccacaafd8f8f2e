import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Fields, JsonObject, JsonValue } from '@lockstep/model';
import { createCorpusRig } from '@lockstep/testing-runs';
import { validate } from '../stages/validate.ts';

/** A record as a user sees it, whatever its keys are called. */
interface Content {
  readonly id: string;
  /** A second part of the id, where several paths make one. */
  readonly part: string | number;
  readonly text: string;
  readonly document: string | undefined;
  readonly title: string | undefined;
  readonly page: number | undefined;
  readonly created: string | undefined;
  readonly metadata: JsonObject;
}

type Name = 'id' | 'text' | 'document' | 'title' | 'page' | 'created';
const NAMES: readonly Name[] = ['id', 'text', 'document', 'title', 'page', 'created'];

/** Where records of a file have each field: keys from the top. */
type Mapping = Readonly<Record<Name | 'part', readonly string[]>> & {
  /** Whether id and part make the id together. */
  readonly isIdOfTwo: boolean;
  /** Whether the other keys stand in an object named `metadata`. */
  readonly isMetadataApart: boolean;
};

const words = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));
const text = fc
  .tuple(words, fc.constantFrom('', '\n', '"', ', ', '; ', '\t', ' 🐋 '), words)
  .map((all) => `x${all.join('')}`);
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const moment = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true, max: 2 ** 53, min: -(2 ** 53) }),
);
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b.c', '~d'), scalar, { maxKeys: 2 }),
);

/** Names of metadata: some say nothing, others are those of fields. */
const keys = fc.constantFrom('lang', 'tag', 'a.b', 'c/d', 'id', 'text', 'source', 'title', 'page', 'date', 'Größe');

/** Some records with different ids. The first has every field, since a path that no record has is an error. */
const contentOf = (metadata: fc.Arbitrary<JsonObject>): fc.Arbitrary<readonly Content[]> => {
  const labels = { document: text, title: text, page: fc.nat({ max: 1_000_000 }), created: moment };
  const rest = { id: text, part: fc.oneof(text, fc.nat()), text, metadata };
  const some = fc.record({
    ...rest,
    document: optional(labels.document),
    title: optional(labels.title),
    page: optional(labels.page),
    created: optional(labels.created),
  });
  return fc
    .tuple(fc.record({ ...rest, ...labels }), fc.array(some, { minLength: 1, maxLength: 5 }))
    .map(([first, others]) => [first, ...others].map((content, at) => ({ ...content, id: `${content.id}${at}` })));
};

/** Paths of all fields: at the top under any name, in an object that fields may share, or in one in that. */
const mappingOf = (key: fc.Arbitrary<string>, depths: readonly number[]): fc.Arbitrary<Mapping> =>
  fc
    .record({
      leaves: fc.uniqueArray(key, { minLength: 7, maxLength: 7 }),
      depths: fc.array(fc.constantFrom(...depths), { minLength: 7, maxLength: 7 }),
      isIdOfTwo: fc.boolean(),
      isMetadataApart: fc.boolean(),
    })
    .map(({ leaves, depths: each, ...choices }) => {
      const path = (at: number): string[] => [...['outer', 'in.ner'].slice(0, each[at]), `k-${leaves[at]}`];
      const paths = Object.fromEntries([...NAMES, 'part'].map((name, at) => [name, path(at)]));
      return { ...(paths as unknown as Mapping), ...choices };
    });

/** A path as it is written in corpus.json. */
function written(path: readonly string[]): string {
  if (path.every((key) => !/[./~]/.test(key) && key !== '')) return path.join('.');
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function fieldsOf(mapping: Mapping): Fields {
  const fields = Object.fromEntries(NAMES.map((name) => [name, written(mapping[name])]));
  return mapping.isIdOfTwo ? { ...fields, id: [written(mapping.id), written(mapping.part)] } : fields;
}

function put(record: Record<string, JsonValue>, [key = '', ...rest]: readonly string[], member: JsonValue): void {
  if (rest.length === 0) record[key] = member;
  else put((record[key] ??= {}) as Record<string, JsonValue>, rest, member);
}

/** The record as the file has it. */
function mapped(content: Content, mapping: Mapping): JsonObject {
  const record: Record<string, JsonValue> = mapping.isMetadataApart
    ? { metadata: content.metadata }
    : { ...content.metadata };
  for (const name of NAMES) if (content[name] !== undefined) put(record, mapping[name], content[name]);
  if (mapping.isIdOfTwo) put(record, mapping.part, content.part);
  return record;
}

/** The same record in our own shape. A label in an object stays there as well, and so do the parts of an id of two. */
function own(content: Content, mapping: Mapping): JsonObject {
  const metadata: Record<string, JsonValue> = { ...content.metadata };
  const stays = (name: Name | 'part'): boolean =>
    name === 'part' || name === 'id' ? mapping.isIdOfTwo : name !== 'text' && mapping[name].length > 1;
  for (const name of [...NAMES, 'part'] as const) {
    if (stays(name) && content[name] !== undefined) put(metadata, mapping[name], content[name]);
  }
  return {
    chunk_id: mapping.isIdOfTwo ? JSON.stringify([content.id, content.part]) : content.id,
    text: content.text,
    document_id: content.document ?? null,
    chapter_title: content.title ?? null,
    page_number: content.page ?? null,
    created_at: content.created ?? null,
    metadata,
  };
}

/** A file of records, and where its records are, if that must be said. */
interface File {
  readonly name: string;
  readonly text: string;
  readonly records?: string;
}

const CONTAINERS: Readonly<Record<string, (records: readonly JsonObject[]) => File>> = {
  array: (records) => ({ name: 'a.json', text: JSON.stringify(records) }),
  'an indented array': (records) => ({ name: 'a.json', text: JSON.stringify(records, null, 2) }),
  lines: (records) => ({ name: 'a.jsonl', text: records.map((record) => JSON.stringify(record)).join('\n') }),
  'objects one after another': (records) => ({
    name: 'a.json',
    text: records.map((record) => JSON.stringify(record, null, 1)).join('\n'),
  }),
  'an array under a name': (records) => ({
    name: 'a.json',
    text: JSON.stringify({ version: 1, 'my/docs': { all: records }, end: [{}] }),
    records: '/my~1docs/all',
  }),
};

async function validated(file: File, fields: Fields | undefined, isPacked: boolean) {
  const rig = createCorpusRig();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield isPacked ? gzipSync(file.text) : new TextEncoder().encode(file.text);
  }
  return validate(rig.context, {
    input: [{ name: file.name, bytes: bytes() }],
    embedder: { ...rig.embedder, tokensOver: () => undefined },
    overlong: async () => ({ mode: 'windows', because: 'new' }),
    strict: false,
    fields: fields === undefined || file.records === undefined ? fields : { ...fields, records: file.records },
  });
}

/** The file gives the chunks that the records in our own shape give. */
async function expectSame(
  file: File,
  fields: Fields | undefined,
  ownRecords: readonly JsonObject[],
  isPacked: boolean,
) {
  const expected = await validated({ name: 'own.json', text: JSON.stringify(ownRecords) }, undefined, false);
  expect(expected).toMatchObject({ accepted: ownRecords.length, rejected: 0 });
  const { accepted, rejected, digest } = await validated(file, fields, isPacked);
  expect({ accepted, rejected, digest }).toEqual({ accepted: ownRecords.length, rejected: 0, digest: expected.digest });
}

it('any paths of the fields, in any container of JSON, give the chunks of our own shape', async () => {
  const key = fc.oneof(
    fc.constantFrom('a', 'b', 'c.d', 'e/f', 'g~h', 'Name of it', '漢字'),
    words.filter((name) => name !== ''),
  );
  const metadata = fc.dictionary(keys, value, { maxKeys: 3 });
  const container = fc.constantFrom(...Object.keys(CONTAINERS));
  await fc.assert(
    fc.asyncProperty(
      contentOf(metadata),
      mappingOf(key, [0, 0, 1, 2]),
      container,
      fc.boolean(),
      async (all, mapping, name, isPacked) => {
        const records = all.map((content) => mapped(content, mapping));
        const file = CONTAINERS[name]?.(records) as File;
        await expectSame(
          file,
          fieldsOf(mapping),
          all.map((content) => own(content, mapping)),
          isPacked,
        );
      },
    ),
    { numRuns: 200 },
  );
});

it('any columns of a table give the chunks of our own shape', async () => {
  const cell = (member: JsonValue | undefined): string =>
    member === undefined ? '' : `"${String(member).replaceAll('"', '""')}"`;
  const metadata = fc.record({ lang: text, source: text });
  const key = fc.constantFrom('a', 'b', 'c.d', 'e/f', 'g~h', 'Name of it', '漢字', 'i', 'j');
  await fc.assert(
    fc.asyncProperty(contentOf(metadata), mappingOf(key, [0]), fc.boolean(), async (all, drawn, isPacked) => {
      const mapping = { ...drawn, isMetadataApart: false };
      // A cell is a text.
      const contents = all.map((content) => ({ ...content, part: String(content.part) }));
      const records = contents.map((content) => mapped(content, mapping));
      const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
      const rows = records.map((record) => columns.map((column) => cell(record[column])).join(','));
      const file = { name: 'a.csv', text: [columns.map(cell).join(','), ...rows].join('\r\n') };
      await expectSame(
        file,
        fieldsOf(mapping),
        contents.map((content) => own(content, mapping)),
        isPacked,
      );
    }),
    { numRuns: 60 },
  );
});

it('an object of records by their ids gives the chunks of our own shape', async () => {
  const metadata = fc.dictionary(fc.constantFrom('lang', 'tag', 'note'), value, { maxKeys: 3 });
  const textName = fc.constantFrom('text', 'body', 'page_content', 'passage', 'contents');
  await fc.assert(
    fc.asyncProperty(contentOf(metadata), textName, fc.boolean(), async (all, name, isPacked) => {
      const records = all.map(({ id, text: body, document, metadata: others }) => [
        id,
        { [name]: body, ...(document === undefined ? {} : { source: document }), ...others },
      ]);
      const ownRecords = all.map(({ id, text: body, document, metadata: others }) => ({
        chunk_id: id,
        text: body,
        document_id: document ?? null,
        metadata: others,
      }));
      await expectSame(
        { name: 'a.json', text: JSON.stringify(Object.fromEntries(records)) },
        undefined,
        ownRecords,
        isPacked,
      );
    }),
    { numRuns: 60 },
  );
});

it('a record of another shape with a key of __proto__ is rejected, as in our own, and the key is not lost', async () => {
  for (const record of ['{"body":"b","__proto__":{"a":1}}', '{"body":"b","metadata":{"__proto__":1}}']) {
    const text = `{"body":"a"}\n${record}\n{"body":"c"}`;
    const receipt = await validated({ name: 'a.jsonl', text }, undefined, false);
    expect(receipt).toMatchObject({ accepted: 2, rejects: [{ code: 'forbidden-key', count: 1 }] });
  }
});
