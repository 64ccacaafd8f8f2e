import {
  canonicalJson,
  contentHashOf,
  type CallOptions,
  type IndexedChunk,
  type RowState,
  type RowStore,
} from '@lockstep/model';
import type { ChunkLine } from '../files/chunk-line.ts';
import type { Comparable } from './changes.ts';
import type { Depth } from '../receipts.ts';

/** The rows of a corpus, compared by their hashes, or by every column with the hash computed again. */
export function comparableRows(rows: RowStore, corpus: string, depth: Depth, call: CallOptions): Comparable<RowState> {
  if (depth === 'labels') {
    return {
      scan: () => rows.scan(corpus, call),
      compare(wanted, actual) {
        if (actual.embeddingKey !== wanted.embeddingKey) return { reason: 'text', fields: ['embedding_key'] };
        if (actual.contentHash !== wanted.contentHash) return { reason: 'metadata', fields: ['content_hash'] };
        return undefined;
      },
    };
  }
  const whole: Comparable<IndexedChunk> = {
    scan: () => rows.scanRows(corpus, call),
    compare(wanted, actual) {
      const fields = differentColumns(wanted, actual);
      if (fields.length === 0) return undefined;
      if (fields.includes('embedding_key')) return { reason: 'text', fields };
      return { reason: fields.includes('content_hash') ? 'metadata' : 'drift', fields };
    },
  };
  return whole;
}

function differentColumns(line: ChunkLine, actual: IndexedChunk): string[] {
  const fields: string[] = [];
  if (actual.contentHash !== line.contentHash) fields.push('content_hash');
  if (actual.embeddingKey !== line.embeddingKey) fields.push('embedding_key');
  if (contentHashOf(actual) === line.contentHash) return fields;
  const wanted = line.chunk();
  if (actual.chunkId !== wanted.chunkId) fields.push('chunk_id');
  if (actual.documentId !== wanted.documentId) fields.push('document_id');
  if (actual.chapterTitle !== wanted.chapterTitle) fields.push('chapter_title');
  if (actual.pageNumber !== wanted.pageNumber) fields.push('page_number');
  if (actual.text !== wanted.text) fields.push('text');
  if (actual.createdAt !== wanted.createdAt) fields.push('created_at');
  if (canonicalJson(actual.metadata) !== canonicalJson(wanted.metadata)) fields.push('metadata');
  return fields;
}
