import { expect, it } from 'vitest';
import { CorpusConfigSchema } from './corpus-config.ts';
import { CORPUS_KEYS, isOwnCorpusConfig } from './own-corpus-config.ts';

it('the keys are those of the schema', () => {
  expect(CORPUS_KEYS.toSorted()).toEqual(Object.keys(CorpusConfigSchema.entries).toSorted());
});

it.each([
  [{ name: 'a', input: 'b' }, true],
  [{ name: 'a', input: 'b', x: 1, y: 2, z: 3 }, true],
  [{ name: 'a' }, true],
  [{ name: 'a', inptu: 'b' }, true],
  [{}, false],
  [[], false],
  ['text', false],
  [null, false],
  [{ name: 'a', language: 'en', files: [] }, false],
  [{ $schema: 'corpus.schema.json', a: 1, b: 1, c: 1 }, true],
  [{ $schema: 'other.json', name: 'a', model: 'm' }, false],
])('%j is a corpus.json of ours: %s', (content, own) => {
  expect(isOwnCorpusConfig(content)).toBe(own);
});
