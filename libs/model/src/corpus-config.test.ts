import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { CollectionName, CorpusConfigSchema, CorpusName, TableName } from './corpus-config.ts';

describe('a corpus name', () => {
  it.each(['a', 'books', 'books-2025', 'a.b_c-d', '0', 'console', 'nuls', 'ledger', 'x'.repeat(64)])(
    '%s is accepted as the name of a corpus',
    (name) => {
      expect(v.is(CorpusName, name)).toBe(true);
    },
  );

  it.each([
    '',
    'Books',
    '.books',
    'books.',
    '-a',
    'a-',
    '_a',
    'a..b',
    '..',
    'a/b',
    'a\\b',
    'a b',
    'bücher',
    'books\n',
    'cache',
    'qdrant',
    'postgres',
    'postgres.lock',
    'summary.json',
    'ledger.sqlite',
    'ledger.sqlite-wal',
    'con',
    'nul.txt',
    'com1',
    'x'.repeat(65),
  ])('%j is refused as the name of a corpus', (name) => {
    expect(v.is(CorpusName, name)).toBe(false);
  });
});

describe('a table name', () => {
  it.each(['rag_metadata', '_a', 'a1', 'pg', 'pgx_', '_pg_x', 'x'.repeat(55)])(
    '%s is accepted as the name of a table',
    (name) => {
      expect(v.is(TableName, name)).toBe(true);
    },
  );

  it.each(['', '1a', 'Rag', 'a-b', 'a.b', 'a"b', 'a;drop', 'a\n', 'pg_x', 'pg_class', 'x'.repeat(56)])(
    '%j is refused as the name of a table',
    (name) => {
      expect(v.is(TableName, name)).toBe(false);
    },
  );
});

describe('a collection name', () => {
  it.each(['book_vectors', 'Books.v2', '_a-b', 'x'.repeat(255)])(
    '%s is accepted as the name of a collection',
    (name) => {
      expect(v.is(CollectionName, name)).toBe(true);
    },
  );

  it.each(['', '.', '..', '.a', '-a', 'a/b', 'a b', 'a?b', 'a\n', 'x'.repeat(256)])(
    '%j is refused as the name of a collection',
    (name) => {
      expect(v.is(CollectionName, name)).toBe(false);
    },
  );
});

describe('CorpusConfigSchema', () => {
  const least = { name: 'books', input: 'chunks.json' };

  it('a corpus.json needs a name and an input, and nothing else', () => {
    expect(v.is(CorpusConfigSchema, least)).toBe(true);
    expect(v.is(CorpusConfigSchema, { name: 'books' })).toBe(false);
    expect(v.is(CorpusConfigSchema, { input: 'chunks.json' })).toBe(false);
  });

  it.each([
    ['an unknown key', { batchsize: 3 }],
    ['an empty input', { input: '' }],
    ['a batch size of 0', { batchSize: 0 }],
    ['a batch size beyond the limit of a request', { batchSize: 2049 }],
    ['a batch size that is no whole number', { batchSize: 1.5 }],
    ['a batch size in a string', { batchSize: '100' }],
    ['an unknown delete mode', { deletes: 'all' }],
    ['a payload field that points have anyway', { payload: ['model'] }],
    ['a payload field with an empty part', { payload: ['a..b'] }],
    ['a payload field below one that points have anyway', { payload: ['model.name'] }],
    ['too many payload fields', { payload: Array.from({ length: 33 }, (_, at) => `f${at}`) }],
    ['a vector of 0 dimensions', { dimensions: 0 }],
  ])('a corpus.json with %s is refused', (_what, fields) => {
    expect(v.is(CorpusConfigSchema, { ...least, ...fields })).toBe(false);
  });
});
