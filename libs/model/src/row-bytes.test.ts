import { expect, it } from 'vitest';
import type { Chunk } from './chunk.ts';
import { ROW_BYTES_MAX, rowBytes, rowTooLarge } from './row-bytes.ts';

it('a row is measured by the bytes of its quoted fields, and the largest field of one that is too large is named', () => {
  const chunk: Chunk = {
    chunkId: 'a',
    documentId: null,
    chapterTitle: ' '.repeat(ROW_BYTES_MAX / 7),
    pageNumber: null,
    text: 'x'.repeat(ROW_BYTES_MAX / 6),
    createdAt: null,
    metadata: {},
  };
  expect(rowTooLarge(chunk)).toBeUndefined();
  // Seven bytes each.
  const large = { ...chunk, chapterTitle: '\u0001'.repeat(ROW_BYTES_MAX / 7) };
  expect(rowTooLarge(large)).toEqual({ field: 'chapter_title', bytes: rowBytes(large) });
});
