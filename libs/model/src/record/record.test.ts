import { describe, expect, it } from 'vitest';
import type { Chunk, RejectCode } from '../chunk.ts';
import { contentHashOf } from '../identity.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import {
  CHUNK_ID_BYTES_MAX,
  ID_ALIASES,
  parseRecord,
  RECORD_DEPTH_MAX,
  RECORD_VALUES_MAX,
  TEXT_ALIASES,
} from './record.ts';

function accepted(record: JsonValue): Chunk {
  const result = parseRecord(record);
  if (!result.ok) throw new Error(`rejected: ${JSON.stringify(result.rejection)}`);
  return result.chunk;
}

function rejected(record: JsonValue) {
  const result = parseRecord(record);
  if (result.ok) throw new Error('accepted');
  return result.rejection;
}

function nested(levels: number): JsonValue {
  return Array.from({ length: levels }).reduce<JsonValue>((inner) => [inner], 'bottom');
}

describe('accepted records', () => {
  it('a record accepts the flat form of the system that this one replaces', () => {
    expect(
      accepted({
        chunk_id: 'ch-1',
        document_id: 'doc-1',
        chapter_title: 'Loomings',
        page_number: 1,
        text_snippet_preview: ' Call me Ishmael. ',
        created_at: '2025-12-05T11:00:00+01:00',
      }),
    ).toEqual({
      chunkId: 'ch-1',
      documentId: 'doc-1',
      chapterTitle: 'Loomings',
      pageNumber: 1,
      text: ' Call me Ishmael. ',
      createdAt: '2025-12-05T10:00:00.000000Z',
      metadata: {},
    });
  });

  it.each(ID_ALIASES)('a record accepts its id under the key %s', (alias) => {
    expect(accepted({ [alias]: 'a', text: 't' })).toMatchObject({ chunkId: 'a', metadata: {} });
  });

  it.each(TEXT_ALIASES)('a record accepts its text under the key %s', (alias) => {
    expect(accepted({ id: 'a', [alias]: 't' })).toMatchObject({ text: 't', metadata: {} });
  });

  it('a record may have several keys for its id or text if their values are equal or null', () => {
    expect(accepted({ id: 7, chunk_id: '7', chunkId: null, text: 't', content: 't', snippet: null })).toMatchObject({
      chunkId: '7',
      text: 't',
      metadata: {},
    });
  });

  it('an integer and its decimal text are the same id', () => {
    expect(accepted({ id: 7, document_id: 12, text: 't' })).toEqual(
      accepted({ id: '7', document_id: '12', text: 't' }),
    );
    expect(accepted({ id: '007', text: 't' }).chunkId).toBe('007');
    expect(accepted({ id: -0, text: 't' }).chunkId).toBe('0');
    expect(accepted({ id: Number.MAX_SAFE_INTEGER, text: 't' }).chunkId).toBe('9007199254740991');
  });

  it('an id is neither normalised nor trimmed', () => {
    for (const id of ['cafe\u0301', 'caf\u00E9', ' a ', '\u{1F600}'])
      expect(accepted({ id, text: 't' }).chunkId).toBe(id);
  });

  it('keys of a record without a column go into metadata without loss', () => {
    const record: JsonObject = {
      id: 'a',
      text: 't',
      language: 'en',
      nothing: null,
      constructor: 'x',
      hasOwnProperty: 1,
      list: [1, { two: [] }],
      metadata: { source: 's', language: 'en' },
    };
    const { id: _id, text: _text, metadata, ...others } = record;
    const chunk = accepted(record);
    expect(chunk.metadata).toEqual({ ...(metadata as JsonObject), ...others });
    expect(Object.hasOwn(chunk.metadata, 'constructor')).toBe(true);
    expect(record['metadata']).toEqual({ source: 's', language: 'en' });
  });

  it('columns are read from metadata when the top level lacks them, and also stay in metadata', () => {
    const metadata = { document_id: 3, chapter_title: 'C', page_number: 4, created_at: '2025-12-05' };
    expect(accepted({ id: 'a', text: 't', metadata })).toEqual({
      chunkId: 'a',
      documentId: '3',
      chapterTitle: 'C',
      pageNumber: 4,
      text: 't',
      createdAt: '2025-12-05T00:00:00.000000Z',
      metadata,
    });
    expect(accepted({ id: 'a', text: 't', page_number: 9, chapter_title: null, metadata })).toMatchObject({
      pageNumber: 9,
      chapterTitle: 'C',
    });
  });

  it('a value in metadata that is not valid for a column is accepted, and not read into the column', () => {
    const metadata = { document_id: {}, chapter_title: 1, page_number: 'iv', created_at: 'soon' };
    expect(accepted({ id: 'a', text: 't', metadata })).toEqual({
      chunkId: 'a',
      documentId: null,
      chapterTitle: null,
      pageNumber: null,
      text: 't',
      createdAt: null,
      metadata,
    });
  });

  it('null and absent fields give the same chunk and the same hash', () => {
    const bare = accepted({ id: 'a', text: 't' });
    const nulls = accepted({
      id: 'a',
      text: 't',
      document_id: null,
      chapter_title: null,
      page_number: null,
      created_at: null,
      metadata: null,
    });
    expect(nulls).toEqual(bare);
    expect(contentHashOf(nulls)).toBe(contentHashOf(bare));
  });

  it('a record accepts values at the limits', () => {
    for (const page_number of [-2_147_483_648, 0, 2_147_483_647, null]) {
      expect(accepted({ id: 'a', text: 't', page_number }).pageNumber).toBe(page_number);
    }
    expect(accepted({ id: 'x'.repeat(CHUNK_ID_BYTES_MAX), text: 't' }).chunkId).toHaveLength(CHUNK_ID_BYTES_MAX);
    expect(accepted({ id: 'a', text: 't', deep: nested(RECORD_DEPTH_MAX) }).metadata['deep']).toEqual(
      nested(RECORD_DEPTH_MAX),
    );
    // The record, its three members, and the list's own.
    const many = Array.from({ length: RECORD_VALUES_MAX - 4 }, () => 0);
    expect(accepted({ id: 'a', text: 't', many }).metadata['many']).toHaveLength(many.length);
    expect(accepted({ id: 'a', text: 't', big: Number.MAX_SAFE_INTEGER, small: 5e-324 }).metadata).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      small: 5e-324,
    });
  });
});

const PROTO = JSON.parse('{"id":"a","text":"t","metadata":{"__proto__":{"x":1}}}') as JsonValue;

describe('rejected records', () => {
  it.each<[RejectCode, string | null, string, JsonValue]>([
    ['not-an-object', null, 'null', null],
    ['not-an-object', null, 'an array', [{ id: 'a', text: 't' }]],
    ['not-an-object', null, 'a string', 'text'],
    ['missing-id', 'chunk_id', 'no id', { text: 't' }],
    ['missing-id', 'chunk_id', 'an id of null', { id: null, text: 't' }],
    ['bad-id', 'id', 'an empty id', { id: '', text: 't' }],
    ['bad-id', 'chunkId', 'a fraction as id', { chunkId: 1.5, text: 't' }],
    ['bad-id', 'chunk_id', 'a boolean as id', { chunk_id: true, text: 't' }],
    ['bad-id', 'id', 'an object as id', { id: { a: 1 }, text: 't' }],
    ['bad-id', 'id', 'an id that is too long in bytes', { id: 'é'.repeat(CHUNK_ID_BYTES_MAX / 2 + 1), text: 't' }],
    ['unsafe-number', 'id', 'an integer beyond 2^53 as id', { id: 2 ** 53, text: 't' }],
    ['missing-text', 'text', 'no text', { id: 'a' }],
    ['missing-text', 'content', 'white space for a text', { id: 'a', content: ' \n\u00A0\u2003\uFEFF' }],
    ['bad-text', 'snippet', 'a number for a text', { id: 'a', snippet: 4 }],
    ['alias-conflict', 'id', 'two ids', { chunk_id: 'a', id: 'b', text: 't' }],
    ['alias-conflict', 'id', 'a padded number beside an id', { chunk_id: 7, id: '07', text: 't' }],
    ['alias-conflict', 'content', 'two texts', { id: 'a', text: 't', content: 't ' }],
    [
      'key-conflict',
      'language',
      'a key with another value in metadata',
      { id: 'a', text: 't', language: 'en', metadata: { language: 'de' } },
    ],
    [
      'key-conflict',
      'language',
      'a key that is null and has a value in metadata',
      { id: 'a', text: 't', language: null, metadata: { language: 'de' } },
    ],
    ['bad-metadata', 'metadata', 'metadata in an array', { id: 'a', text: 't', metadata: [] }],
    ['bad-metadata', 'metadata', 'metadata in a string', { id: 'a', text: 't', metadata: '{}' }],
    ['bad-field', 'document_id', 'a document id of another type', { id: 'a', text: 't', document_id: [] }],
    ['bad-field', 'chapter_title', 'a chapter title of another type', { id: 'a', text: 't', chapter_title: 1 }],
    ['bad-field', 'page_number', 'a page number in a string', { id: 'a', text: 't', page_number: '1' }],
    ['bad-field', 'page_number', 'a page number that is too large', { id: 'a', text: 't', page_number: 2 ** 31 }],
    ['bad-field', 'created_at', 'a date that does not exist', { id: 'a', text: 't', created_at: '2025-02-30' }],
    ['unsafe-number', 'metadata.a.1', 'a rounded number', { id: 'a', text: 't', metadata: { a: [0, -(2 ** 53)] } }],
    ['unsafe-number', 'weight', 'an infinite number', { id: 'a', text: 't', weight: Number.POSITIVE_INFINITY }],
    ['nul', 'text', 'a NUL in the text', { id: 'a', text: 'a\0b' }],
    ['nul', 'k\0', 'a NUL in a key', { id: 'a', text: 't', 'k\0': 1 }],
    ['lone-surrogate', 'text', 'half of a surrogate pair', { id: 'a', text: 'a\uD83D' }],
    [
      'lone-surrogate',
      'metadata.a',
      'half of a surrogate pair in metadata',
      { id: 'a', text: 't', metadata: { a: '\uDE00' } },
    ],
    ['forbidden-key', 'metadata.__proto__', '__proto__', PROTO],
    ['too-deep', 'deep', 'one level too many', { id: 'a', text: 't', deep: nested(RECORD_DEPTH_MAX + 1) }],
    ['too-deep', 'deep', 'very many levels', { id: 'a', text: 't', deep: nested(100_000) }],
    ['too-deep', 'id', 'very many levels in an id', { id: nested(100_000), text: 't' }],
    [
      'too-deep',
      'chunkId',
      'very many levels in two ids',
      { id: nested(100_000), chunkId: nested(100_000), text: 't' },
    ],
    ['bad-id', 'id', 'an object as id beside a valid one', { chunk_id: 'a', id: {}, text: 't' }],
    ['too-large', 'many', 'one value too many', { id: 'a', text: 't', many: Array(RECORD_VALUES_MAX - 3).fill(0) }],
    [
      'too-large',
      'a',
      'too many values, none of them in one list',
      { id: 'a', text: 't', a: Array(400).fill(Array(300).fill(0)) },
    ],
    [
      'too-large',
      null,
      'too many keys',
      Object.fromEntries(Array.from({ length: RECORD_VALUES_MAX }, (_, at) => [`k${at}`, 0])),
    ],
    ['nul', `${'k'.repeat(200)}...`, 'a NUL below a long key', { id: 'a', text: 't', ['k'.repeat(10_000)]: 'a\0' }],
  ])('a record is rejected with %s at %s for %s', (code, field, _what, record) => {
    expect(rejected(record)).toMatchObject({ code, field, message: expect.stringMatching(/\w/) });
  });

  it('the message of a rejection is short however long a key is', () => {
    const key = 'k'.repeat(1_000_000);
    const conflict = rejected({ id: 'a', text: 't', [key]: 1, metadata: { [key]: 2 } });
    expect(JSON.stringify(conflict).length).toBeLessThan(1000);
  });

  it('a rejection has the id if it can be read, so that the last good version can be held', () => {
    expect(rejected({ id: 7 })).toMatchObject({ code: 'missing-text', chunkId: '7' });
    expect(rejected({ id: 'a', text: 't', page_number: 'x' })).toMatchObject({ chunkId: 'a' });
    expect(rejected({ id: 'a', text: 't', deep: nested(1000) })).toMatchObject({ chunkId: 'a' });
    for (const record of [
      { text: 't' },
      { id: 'a', chunk_id: 'b', text: 't' },
      { id: 'a\0', text: 't' },
      { id: '\uD800' },
    ]) {
      expect(rejected(record)).not.toHaveProperty('chunkId');
    }
  });

  it('the message of a rejection does not quote the text of the record', () => {
    const secret = 'do not quote me';
    for (const record of [
      { id: 'a', text: secret, content: `${secret}!` },
      { id: 'a', text: `${secret}\0` },
      { id: 'a', text: 't', created_at: secret },
      { id: 'a', text: 't', metadata: secret },
    ]) {
      expect(JSON.stringify(rejected(record))).not.toContain(secret);
    }
  });
});
