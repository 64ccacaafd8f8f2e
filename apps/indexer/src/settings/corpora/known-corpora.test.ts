import { expect, it } from 'vitest';
import { knownCorpora } from './known-corpora.ts';

it('a message about a corpus that does not exist names near ones, and those that there are', () => {
  expect(knownCorpora('quots', ['quotes', 'books', 'quotes'])).toBe(
    ' Did you mean "quotes"? The corpora are books, quotes.',
  );
  expect(knownCorpora('chunks.jsn', ['books'], ['chunks.json'])).toBe(
    ' Did you mean "chunks.json"? The corpora are books.',
  );
  expect(knownCorpora('nope', [])).toBe('');
  const many = Array.from({ length: 12 }, (_, at) => `corpus-of-${'x'.repeat(40)}-${10 + at}`);
  expect(knownCorpora('nope', many)).toMatch(/-10, .*-19 and 2 more\.$/);
});
