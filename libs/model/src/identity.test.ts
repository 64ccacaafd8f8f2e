import { describe, expect, it } from 'vitest';
import type { Chunk } from './chunk.ts';
import {
  contentHashOf,
  createDigest,
  embeddingKeyOf,
  pointIdOf,
  sha256Hex,
  windowsKeyOf,
  type EmbedderIdentity,
} from './identity.ts';

const CHUNK: Chunk = {
  chunkId: 'ch-1',
  documentId: 'doc-1',
  chapterTitle: 'Loomings',
  pageNumber: 1,
  text: 'Call me Ishmael.',
  createdAt: '2025-12-05T10:00:00.000000Z',
  metadata: { z: true, a: [1, { c: 'é', b: null }] },
};
const EMBEDDER: EmbedderIdentity = { model: 'text-embedding-3-small', host: null, dimensions: 1536 };

/*
 * The expected values were computed with another implementation (SHA-1 and SHA-256 of a C library over the documented
 * recipe). They may never change, since stores hold them.
 */
describe('recipes', () => {
  it('the point id of a chunk is the same as in earlier versions', () => {
    expect(pointIdOf('books', 'ch-1')).toBe('a36b1d1a-bdfc-509c-8873-29ae51904566');
  });

  it('the content hash of a chunk is the same as in earlier versions', () => {
    expect(contentHashOf(CHUNK)).toBe('ff9e825238716896da559d4a2e15d89f1a9b6b9a45d09346fe8ae8f9b557c17d');
    expect(
      contentHashOf({
        ...CHUNK,
        documentId: null,
        chapterTitle: null,
        pageNumber: null,
        text: 't',
        createdAt: null,
        metadata: {},
      }),
    ).toBe('0ddda5613c3eaae9a06f45201c4489cb0738d9246d54e3cf2e3830ae8559c096');
  });

  it('the embedding key of a text is the same as in earlier versions', () => {
    expect(embeddingKeyOf(EMBEDDER, CHUNK.text)).toBe(
      '3766383b2e3b3d82ecc40f024e26e9b8a2d4ea1cb5017b57b3df0cad63c3dbcd',
    );
  });

  it('keys of texts that are embedded in windows stays', () => {
    expect(windowsKeyOf(EMBEDDER, { windowTokens: 8192, overlapTokens: 64 }, CHUNK.text)).toBe(
      '81b4ba1f8c14f740cc21dfb077fe390fd309f1195790558bb612d7ccfcc8f96f',
    );
  });
});

describe('pointIdOf', () => {
  it('point ids differ when corpus and chunk id are only divided at another place', () => {
    expect(pointIdOf('a', 'bc')).not.toBe(pointIdOf('ab', 'c'));
    expect(pointIdOf('a', '","b')).not.toBe(pointIdOf('a","', 'b'));
  });

  it('point ids differ for the two Unicode forms of an accented letter', () => {
    expect(pointIdOf('a', 'caf\u00E9')).not.toBe(pointIdOf('a', 'cafe\u0301'));
  });

  it('a point id is a lower-case UUID of version 5', () => {
    expect(pointIdOf('a', 'b')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('contentHashOf', () => {
  it('the content hash changes with every field', () => {
    const edits: Partial<Chunk>[] = [
      {},
      { chunkId: 'ch-2' },
      { documentId: 'doc-2' },
      { documentId: null },
      { documentId: '' },
      { chapterTitle: null },
      { chapterTitle: 'null' },
      { pageNumber: 2 },
      { pageNumber: null },
      { text: 'Call me Ishmael' },
      { text: 'Call me Ishmael.\u0301' },
      { createdAt: null },
      { createdAt: '2025-12-05T10:00:00.000001Z' },
      { metadata: {} },
      { metadata: { ...CHUNK.metadata, z: false } },
    ];
    expect(new Set(edits.map((edit) => contentHashOf({ ...CHUNK, ...edit }))).size).toBe(edits.length);
  });

  it('content hashes differ when two fields are only divided at another place', () => {
    const at = (documentId: string, chapterTitle: string): string =>
      contentHashOf({ ...CHUNK, documentId, chapterTitle });
    expect(at('a', 'bc')).not.toBe(at('ab', 'c'));
    expect(at('a","b', 'c')).not.toBe(at('a', 'b","c'));
  });

  it('the content hash is the same when only the order of metadata changes', () => {
    expect(contentHashOf({ ...CHUNK, metadata: { a: [1, { b: null, c: 'é' }], z: true } })).toBe(contentHashOf(CHUNK));
  });
});

describe('embeddingKeyOf', () => {
  it('the embedding key changes with the exact text, the model, the host and the dimensions', () => {
    const keys = [
      embeddingKeyOf(EMBEDDER, 'a'),
      embeddingKeyOf(EMBEDDER, 'a '),
      embeddingKeyOf(EMBEDDER, 'A'),
      embeddingKeyOf({ ...EMBEDDER, model: 'text-embedding-3-large' }, 'a'),
      embeddingKeyOf({ ...EMBEDDER, host: 'null' }, 'a'),
      embeddingKeyOf({ ...EMBEDDER, dimensions: 512 }, 'a'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('windowsKeyOf', () => {
  it('changes with the whole text, the shape of the windows and the embedder, and is no plain key', () => {
    const shape = { windowTokens: 256, overlapTokens: 25 };
    const keys = [
      windowsKeyOf(EMBEDDER, shape, 'a'),
      windowsKeyOf(EMBEDDER, shape, 'a '),
      windowsKeyOf(EMBEDDER, { ...shape, windowTokens: 255 }, 'a'),
      windowsKeyOf(EMBEDDER, { ...shape, overlapTokens: 24 }, 'a'),
      windowsKeyOf({ ...EMBEDDER, model: 'text-embedding-3-large' }, shape, 'a'),
      windowsKeyOf({ ...EMBEDDER, host: 'null' }, shape, 'a'),
      windowsKeyOf({ ...EMBEDDER, dimensions: 512 }, shape, 'a'),
      embeddingKeyOf(EMBEDDER, 'a'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('createDigest', () => {
  it('a digest does not depend on how the text is divided', () => {
    const digest = createDigest();
    for (const part of ['Grü', 'ße ', '', '日本語']) digest.update(part);
    expect(digest.hex()).toBe(sha256Hex('Grüße 日本語'));
  });

  it('the digest of no text is that of the empty text', () => {
    expect(createDigest().hex()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

it.each(['日', 'é', 'a', '🙂'])('a text of many %s has the digest of its parts, whatever its length', (character) => {
  for (const units of [21_844, 21_846, 32_768, 65_536, 70_000]) {
    const text = character.repeat(Math.ceil(units / character.length));
    const digest = createDigest();
    for (let at = 0; at < text.length; at += 1_000) digest.update(text.slice(at, at + 1_000));
    expect(sha256Hex(text), `${units} units`).toBe(digest.hex());
  }
});
