import { IndexingError, type IndexedChunk } from '@lockstep/model';

/** A wanted chunk as one line of `validate/chunks.jsonl`. Its id comes first, so that lines sort by it. */
export function encodeChunkLine(chunk: IndexedChunk): string {
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

/** A line of `validate/chunks.jsonl`. Its id and hashes are decoded; an unchanged chunk needs nothing more. */
export interface ChunkLine {
  readonly pointId: string;
  readonly contentHash: string;
  readonly embeddingKey: string;
  /** The whole chunk. Parses the line at each call, so that parsed chunks do not stay in memory. */
  chunk(): IndexedChunk;
}

/** Reads a line that `encodeChunkLine` wrote, given as its bytes. Fails with `artifact-damaged`. */
export function decodeChunkLine(line: Uint8Array): ChunkLine {
  const head = textOf(line.subarray(0, HEAD_BYTES));
  if (head.length !== HEAD_BYTES || !head.endsWith('"')) throw damaged();
  return {
    pointId: valueIn(head, POINT_ID),
    contentHash: valueIn(head, CONTENT_HASH),
    embeddingKey: valueIn(head, EMBEDDING_KEY),
    chunk: () => parseChunk(line),
  };
}

/** The hashes of a line that `encodeChunkLine` wrote. Fails with `artifact-damaged`. */
export function hashesOf(line: string): Pick<ChunkLine, 'contentHash' | 'embeddingKey'> {
  return { contentHash: valueIn(line, CONTENT_HASH), embeddingKey: valueIn(line, EMBEDDING_KEY) };
}

/** One of the values that a line begins with. They have the same lengths in every line, and are ASCII. */
interface HeadValue {
  readonly before: string;
  readonly beforeAt: number;
  readonly at: number;
  readonly end: number;
}

function headValue(before: string, beforeAt: number, units: number): HeadValue {
  const at = beforeAt + before.length;
  return { before, beforeAt, at, end: at + units };
}

const POINT_ID = headValue('{"point_id":"', 0, 36);
const CONTENT_HASH = headValue('","content_hash":"', POINT_ID.end, 64);
const EMBEDDING_KEY = headValue('","embedding_key":"', CONTENT_HASH.end, 64);
const HEAD_BYTES = EMBEDDING_KEY.end + '"'.length;

function valueIn(head: string, { before, beforeAt, at, end }: HeadValue): string {
  if (!head.startsWith(before, beforeAt)) throw damaged();
  return head.slice(at, end);
}

function parseChunk(line: Uint8Array): IndexedChunk {
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
  } as IndexedChunk;
}

/** A rejected record whose id is known: its last good version stays in the stores. */
export interface HeldRecord {
  readonly pointId: string;
  readonly chunkId: string;
}

export function encodeHeldLine(held: HeldRecord): string {
  return JSON.stringify({ point_id: held.pointId, chunk_id: held.chunkId });
}

/** Reads a line that `encodeHeldLine` wrote, given as its bytes. Fails with `artifact-damaged`. */
export function decodeHeldLine(line: Uint8Array): HeldRecord {
  const parsed = parseOwnLine(line);
  return { pointId: parsed['point_id'] as string, chunkId: parsed['chunk_id'] as string };
}

function parseOwnLine(line: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(textOf(line)) as Record<string, unknown>;
  } catch {
    throw damaged();
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw damaged();
  }
}

function damaged(): IndexingError {
  return new IndexingError({
    code: 'artifact-damaged',
    message: 'A line that the validate stage wrote cannot be read; run validate again.',
  });
}
