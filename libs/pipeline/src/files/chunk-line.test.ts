import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentHashOf, embeddingKeyOf, pointIdOf, type IndexedChunk } from '@lockstep/model';
import { decodeChunkLine, decodeHeldLine, encodeChunkLine, encodeHeldLine } from './chunk-line.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function wanted(chunkId: string, text: string, metadata: IndexedChunk['metadata'] = {}): IndexedChunk {
  const chunk = {
    chunkId,
    documentId: null,
    chapterTitle: `of ${text}`,
    pageNumber: 7,
    createdAt: '2025-12-05T10:00:00.000000Z',
    text,
    metadata,
  };
  const identity = { model: 'm', host: null, dimensions: 3 };
  return {
    ...chunk,
    pointId: pointIdOf('books', chunkId),
    contentHash: contentHashOf(chunk),
    embeddingKey: embeddingKeyOf(identity, text),
  };
}

it('a chunk line decodes to its ids and hashes, and to the whole chunk', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(text, text, (chunkId, body) => {
      const chunk = wanted(chunkId, body, { tag: [body] });
      const line = decodeChunkLine(bytesOf(encodeChunkLine(chunk)));
      const { pointId, contentHash, embeddingKey } = chunk;
      expect(line).toMatchObject({ pointId, contentHash, embeddingKey });
      expect(line.chunk()).toEqual(chunk);
    }),
  );
});

const whole = encodeChunkLine(wanted('a', 'é'));

it.each([
  ['an empty line', ''],
  ['a line that is cut in its ids', whole.slice(0, 100)],
  ['a line that is cut right after them', whole.slice(0, 214)],
  ['a line whose last id is cut and closed', `${whole.slice(0, 200)}"`],
  ['a line without its first byte', whole.slice(1)],
  ['a line with an id of another length', whole.replace('","content_hash', '0","content_hash')],
  ['a line with another field name', whole.replace('embedding_key', 'embedding_kex')],
  ['a held line', encodeHeldLine({ pointId: 'p'.repeat(36), chunkId: 'c'.repeat(300) })],
])('%s is refused as damaged when it is decoded', (_title, line) => {
  expect(() => decodeChunkLine(bytesOf(line))).toThrow(expect.objectContaining({ code: 'artifact-damaged' }));
});

it('a line whose ids are not UTF-8 is refused as damaged', () => {
  const bytes = bytesOf(whole);
  bytes[20] = 0xff;
  expect(() => decodeChunkLine(bytes)).toThrow(expect.objectContaining({ code: 'artifact-damaged' }));
});

it.each([
  ['a line that is cut at its end', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 3)],
  ['a line with bytes at its end that are not UTF-8', (bytes: Uint8Array) => bytes.fill(0xff, bytes.length - 20, -19)],
])('%s is refused as damaged when its chunk is parsed', (_title, damage) => {
  const line = decodeChunkLine(damage(bytesOf(whole)));
  expect(line.pointId).toBe(pointIdOf('books', 'a'));
  expect(() => line.chunk()).toThrow(expect.objectContaining({ code: 'artifact-damaged' }));
});

it('a held line decodes to its ids, and is refused as damaged when it is cut', () => {
  const line = encodeHeldLine({ pointId: 'p', chunkId: 'ü' });
  expect(decodeHeldLine(bytesOf(line))).toEqual({ pointId: 'p', chunkId: 'ü' });
  expect(() => decodeHeldLine(bytesOf(line.slice(0, -1)))).toThrow(
    expect.objectContaining({ code: 'artifact-damaged' }),
  );
});
