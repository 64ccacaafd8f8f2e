import { contentHashOf, pointIdOf, type Chunk, type IndexedChunk } from '@lockstep/model';

/** A row of a corpus, with the point id and the content hash of its fields. */
export function rowOf(corpus: string, chunkId: string, fields: Partial<Chunk> = {}): IndexedChunk {
  const chunk: Chunk = {
    chunkId,
    documentId: null,
    chapterTitle: null,
    pageNumber: null,
    text: `text of ${chunkId}`,
    createdAt: null,
    metadata: {},
    ...fields,
  };
  return {
    ...chunk,
    pointId: pointIdOf(corpus, chunkId),
    contentHash: contentHashOf(chunk),
    embeddingKey: `key-of-${chunkId}`,
  };
}
