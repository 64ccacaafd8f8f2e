import { expect, it } from 'vitest';
import { didYouMean, nearNames } from './near-names.ts';

it.each([
  ['boddy', ['id', 'title', 'body'], ['body']],
  ['metadata.sorce', ['text', 'metadata.source', 'metadata.page'], ['metadata.source']],
  ['Title', ['chapter_title', 'text'], ['chapter_title']],
  ['ulr', ['url', 'text'], ['url']],
  ['words', ['id', 'content'], []],
])('the names near to %s among %j are %j', (name, names, near) => {
  expect(nearNames(name, names)).toEqual(near);
});

it('a message asks for the near names, and says nothing where there is none', () => {
  expect(didYouMean('boddy', ['body', 'id'])).toBe(' Did you mean "body"?');
  expect(didYouMean('words', ['id'])).toBe('');
});
