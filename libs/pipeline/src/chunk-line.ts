import { IndexingError, type WantedChunk } from '@lockstep/model';

/** A wanted chunk as one line of `validate/chunks.jsonl`. Its id comes first, so that lines sort by it. */
export function encodeChunkLine(chunk: WantedChunk): string {
  return JSON.stringify({
    point_id: chunk.pointId,
    content_hash: chunk.contentHash,
    embedding_key: chunk.embeddingKey,
    chunk_id: chunk.chunkId,
    document_id: chunk.documentId,
    chapter_title: chunk.chapterTitle,
    page_number: chunk.pageNumber,
    created_at: chunk.createdAt,
    text: chunk.text,
    metadata: chunk.metadata,
  });
}

/** Reads a line that `encodeChunkLine` wrote. */
export function decodeChunkLine(line: string): WantedChunk {
  const parsed = parseOwnLine(line);
  return {
    pointId: parsed['point_id'],
    contentHash: parsed['content_hash'],
    embeddingKey: parsed['embedding_key'],
    chunkId: parsed['chunk_id'],
    documentId: parsed['document_id'],
    chapterTitle: parsed['chapter_title'],
    pageNumber: parsed['page_number'],
    createdAt: parsed['created_at'],
    text: parsed['text'],
    metadata: parsed['metadata'],
  } as WantedChunk;
}

/** A record that was rejected, but whose id is known: its last good version stays in the stores. */
export interface HeldRecord {
  readonly pointId: string;
  readonly chunkId: string;
}

export function encodeHeldLine(held: HeldRecord): string {
  return JSON.stringify({ point_id: held.pointId, chunk_id: held.chunkId });
}

export function decodeHeldLine(line: string): HeldRecord {
  const parsed = parseOwnLine(line);
  return { pointId: parsed['point_id'] as string, chunkId: parsed['chunk_id'] as string };
}

function parseOwnLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw new IndexingError({
      code: 'artifact-damaged',
      message: 'A line that the validate stage wrote cannot be read; run validate again.',
    });
  }
}
