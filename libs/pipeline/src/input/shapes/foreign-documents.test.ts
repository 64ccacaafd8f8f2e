import { describe, expect, it } from 'vitest';
import type { Fields, JsonValue } from '@lockstep/model';
import { bytesOf, collect, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';

/** What a run reads of a file, as its rows in the store say. */
async function rowsOf(
  content: JsonValue | string,
  { name = 'a.json', fields }: { name?: string; fields?: Fields } = {},
) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const rig = createCorpusRig({
    ...(fields === undefined ? {} : { fields }),
    ports: { input: (read) => read([{ name, bytes: bytesOf(text) }]) },
  });
  const { validate } = await rig.run([]);
  const rows = (await collect(rig.rows.scanRows(rig.corpus))).flat();
  return {
    shape: validate?.shape?.shape,
    rejected: validate?.rejected,
    rows: Object.fromEntries(rows.map((row) => [row.chunkId, row])),
    texts: rows.map((row) => row.text).toSorted(),
  };
}

const SURAHS = [
  { id: 1, name: 'The Opener', verses: [{ id: 1, text: 'a', translation: 'A' }] },
  {
    id: 2,
    name: 'The Cow',
    translation: 'of the name',
    verses: [
      { id: 1, text: 'b', translation: 'B' },
      { id: 2, text: 'c' },
    ],
  },
];

describe('documents that hold a list of parts', () => {
  it('give each part as a chunk, with an id of the ids of both, and the fields of the document', async () => {
    const { shape, rows } = await rowsOf(SURAHS);
    expect(shape).toBe('parts');
    expect(rows).toMatchObject({
      '[1,1]': { text: 'a', documentId: '1', metadata: { id: 1, name: 'The Opener', translation: 'A' } },
      '[2,1]': { text: 'b', documentId: '2', metadata: { id: 1, name: 'The Cow', translation: 'B' } },
      '[2,2]': { text: 'c', documentId: '2', metadata: { id: 2, name: 'The Cow' } },
    });
    expect(Object.keys(rows)).toHaveLength(3);
  });

  it('are read the same from an array, from JSON lines and from one object of one document', async () => {
    const { rows } = await rowsOf(SURAHS);
    const lines = SURAHS.map((each) => JSON.stringify(each)).join('\n');
    expect((await rowsOf(lines, { name: 'a.jsonl' })).rows).toEqual(rows);
    const [first] = SURAHS;
    expect((await rowsOf(first as JsonValue)).rows).toEqual({ '[1,1]': rows['[1,1]'] });
  });

  it('have a list of strings as parts only under names of texts', async () => {
    const verses = [{ title: 'I', verses: ['a', 'b'], tags: ['x', 'y'] }];
    expect(await rowsOf(verses)).toMatchObject({ shape: 'parts', texts: ['a', 'b'] });
    expect(await failureOf(rowsOf([{ title: 'I', tags: ['x', 'y'] }]))).toMatchObject({
      code: 'input-nothing-acceptable',
    });
  });

  it('are not guessed at where they hold two lists of parts', async () => {
    const document = { title: 'I', verses: [{ text: 'a' }], notes: [{ text: 'b' }] };
    expect(await failureOf(rowsOf([document]))).toMatchObject({ code: 'input-nothing-acceptable' });
    const { texts, rows } = await rowsOf([document], { fields: { records: 'notes' } });
    expect(texts).toEqual(['b']);
    // The other list is no label of a note.
    expect(Object.values(rows).map(({ chapterTitle, metadata }) => [chapterTitle, metadata])).toEqual([['I', {}]]);
  });

  it('stay whole where they have a text themselves', async () => {
    const document = { id: 'd', body: 'whole', notes: [{ text: 'a' }] };
    expect(await rowsOf([document])).toMatchObject({ shape: 'general', texts: ['whole'] });
  });
});

describe('a path of records through lists', () => {
  it('takes the text that is named from the part, and never from its document', async () => {
    const { texts, rejected } = await rowsOf(SURAHS, { fields: { records: 'verses', text: 'translation' } });
    expect(texts).toEqual(['A', 'B']);
    expect(rejected).toBe(1);
  });

  it('goes through as many as it names', async () => {
    const book = { data: { books: [{ id: 'm', sections: [{ id: 1, paragraphs: ['a', { id: 7, text: 'b' }] }] }] } };
    const { texts, rows } = await rowsOf(book, { fields: { records: 'data.books.sections.paragraphs' } });
    expect(texts).toEqual(['a', 'b']);
    expect(rows['["[\\"m\\",1]",7]']).toMatchObject({ text: 'b', documentId: 'm' });
  });
});

describe('one object', () => {
  it('is a record where it has a text', async () => {
    expect(await rowsOf({ year: 1790, name: 'Washington', text: 'Fellow-Citizens' })).toMatchObject({
      texts: ['Fellow-Citizens'],
    });
    expect((await rowsOf({ id: 'a', text: 'own' })).rows).toMatchObject({ a: { text: 'own' } });
  });

  it('is none where it also holds a list of what may be records', async () => {
    const content = { text: 'About this file.', sentences: [{ text: 'a' }] };
    expect(await failureOf(rowsOf(content))).toMatchObject({ code: 'input-no-container' });
    expect(await rowsOf(content, { fields: { records: 'sentences' } })).toMatchObject({ texts: ['a'] });
  });
});

describe('a text under a name that is not known', () => {
  it('is taken from a description where no record has a text', async () => {
    const content = { 5: { Description: 'in transit' }, 6: { Description: 'session ids' } };
    expect((await rowsOf(content)).rows).toMatchObject({ 5: { text: 'in transit' }, 6: { text: 'session ids' } });
  });

  it('is never a description where some records have a text', async () => {
    const content = [
      { id: 'a', text: 'whole', description: 'about a' },
      { id: 'b', text: 'whole too', description: 'about b' },
      { id: 'c', text: '', description: 'about c' },
    ];
    expect(await rowsOf(content)).toMatchObject({ texts: ['whole', 'whole too'], rejected: 1 });
  });

  it('that is named finds the records of an object by their ids, too', async () => {
    const content = { 5: { words: 'in transit' }, 6: { words: 'session ids' } };
    expect((await rowsOf(content, { fields: { text: 'words' } })).rows).toMatchObject({ 5: { text: 'in transit' } });
  });
});

describe('the error of an input in which nothing is found', () => {
  const messageOf = async (content: JsonValue, fields?: Fields): Promise<string> =>
    String(await failureOf(rowsOf(content, fields === undefined ? {} : { fields })));

  it('names the longest text and the lists of the records, each with its flag', async () => {
    const message = await messageOf([{ title: 'a b', tale: { body1: 'once upon a time' }, bits: [{ n: 1 }] }]);
    expect(message).toContain('The records have title, tale, bits;');
    expect(message).toContain('Their longest texts stand at tale.body1: --text tale.body1.');
    expect(message).toContain('Lists stand at bits: --records bits.');
  });

  it('says that the text is missing of records that have neither a text nor an id', async () => {
    expect(await messageOf([{ title: 'a', tale: 'b' }])).toContain('text: expected one of text, content');
  });

  it('names the keys of one object, its lists, and the longest text of the objects in it', async () => {
    const message = await messageOf({ x: { tale: 'once upon a time' }, 'a b': [{ n: 1 }] });
    expect(message).toContain('Found one object with x, a b.');
    expect(message).toContain("Lists stand at a b: --records 'a b'.");
    expect(message).toContain('Their longest texts stand at tale: --text tale.');
  });

  it('names the lists in the records where the path of records is that of none', async () => {
    expect(await messageOf(SURAHS, { records: 'verse' })).toContain(
      'leave fields.records out, or name one of the lists in them, verses. Did you mean "verses"?',
    );
  });
});
