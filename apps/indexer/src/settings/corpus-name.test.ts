import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { CorpusName } from '@lockstep/model';
import { deriveCorpusName } from './corpus-name.ts';

describe('the name of a corpus that is derived from that of its file', () => {
  it.each([
    ['chunks.json', 'chunks'],
    ['chunks.jsonl', 'chunks'],
    ['chunks.ndjson.gz', 'chunks'],
    ['My Chunks.v2.json.gz', 'my-chunks-v2'],
    ['my_chunks.JSON', 'my-chunks'],
    ['c++.json', 'c'],
    ['notes\u{2013}2024.json', 'notes-2024'],
    ['handbook.txt', 'handbook-txt'],
  ])('%s is as it was before: %s', (file, name) => {
    expect(deriveCorpusName(file)).toEqual({ name, isHashed: false });
  });

  it.each(['handbook.csv', 'handbook.tsv', 'handbook.parquet', 'handbook.jsonl.zst'])('%s is handbook', (file) => {
    expect(deriveCorpusName(file)).toEqual({ name: 'handbook', isHashed: false });
  });

  it.each([
    ['データ.json', 'file-16773842'],
    ['報告A.json', 'a-e00c942e'],
    ['資料A.json', 'a-ab3d2136'],
    ['Übersicht.json', 'ubersicht-4d2bb368'],
    ['+++.json', 'file-29f5099b'],
    ['cache.json', 'cache-5e1ecee0'],
    ['con.json', 'con-1143da2b'],
  ])('%s, whose letters alone make no name of their own, gets a hash: %s', (file, name) => {
    expect(deriveCorpusName(file)).toEqual({ name, isHashed: true });
  });

  it('is the same however the file system writes accents', () => {
    expect(deriveCorpusName('データ café.json'.normalize('NFD'))).toEqual(deriveCorpusName('データ café.json'));
  });

  it('is one that a corpus can have, however long or odd that of the file is', () => {
    const files = [
      'x'.repeat(300),
      'é'.repeat(300),
      `${'x'.repeat(54)}-\u{e9}`,
      '',
      '.',
      '..',
      'nul.tar',
      '\u{1f600}',
      '\0',
    ];
    for (const file of files) expect([file, v.is(CorpusName, deriveCorpusName(file).name)]).toEqual([file, true]);
  });
});
