import {
  contentHashOf,
  embeddingKeyOf,
  pointIdOf,
  type DeleteMode,
  type JsonObject,
  type IndexedChunk,
} from '@lockstep/model';
import type { PointCopy } from './contents.ts';

/** The content of one acceptable record of a file. */
export interface Version {
  readonly text: string;
  readonly tag: number;
  readonly document: string | null;
}

/** A file: the version of each chunk by its id, or that its record is rejected. */
export type CorpusFile = ReadonlyMap<string, Version | 'unacceptable'>;

/** What is the same in all runs of one corpus. */
export interface CorpusTraits {
  readonly corpus: string;
  readonly deletes: DeleteMode;
  /** Model of the embedder. */
  readonly model: string;
  readonly dimensions: number;
  /** Id of the projection whose one field is `tag`. */
  readonly projection: string;
}

/** What both stores are to contain of a corpus, by point id, and what else a file decides. */
export interface Wants {
  readonly points: ReadonlyMap<string, PointCopy>;
  readonly rows: ReadonlyMap<string, IndexedChunk>;
  /** Point ids of the rejected records. */
  readonly held: ReadonlySet<string>;
  /** Whether a chunk of this document that is not in the file is deleted. */
  readonly isDeleted: (documentId: string | null) => boolean;
  /** The same for files that want the same. */
  readonly digest: string;
}

/** A chunk that every file has, since a file without any acceptable record is refused. */
const ALWAYS = ['always', { text: 'always here', tag: 0, document: null }] as const;

/** The records of a file, as `validate` reads them. */
export function recordsOf(file: CorpusFile): JsonObject[] {
  return Array.from([ALWAYS, ...file], ([id, version]) =>
    version === 'unacceptable'
      ? { id, text: '' }
      : { id, text: version.text, tag: version.tag, document_id: version.document },
  );
}

/** What a file wants of both stores, computed independently of the pipeline: the loads are compared with it. */
export function wantsOf(traits: CorpusTraits, file: CorpusFile): Wants {
  const accepted = [ALWAYS, ...file].filter((line) => line[1] !== 'unacceptable') as [string, Version][];
  const rows = accepted.map(([chunkId, version]) => rightRow(traits, chunkId, version));
  const documents = new Set(accepted.map(([, { document }]) => document));
  const held = [...file]
    .filter(([, version]) => version === 'unacceptable')
    .map(([id]) => pointIdOf(traits.corpus, id));
  return {
    rows: new Map(rows.map((row) => [row.pointId, row])),
    points: new Map(rows.map((row) => [row.pointId, rightPoint(traits, row)])),
    held: new Set(held),
    isDeleted: (documentId) =>
      traits.deletes === 'full' || (traits.deletes === 'document' && documentId !== null && documents.has(documentId)),
    digest: JSON.stringify([[...file].toSorted(([a], [b]) => (a < b ? -1 : 1))]),
  };
}

const rightRows = new Map<string, IndexedChunk>();

/** The row that a version of a chunk is to have. */
export function rightRow({ corpus, model, dimensions }: CorpusTraits, chunkId: string, version: Version): IndexedChunk {
  const { text, tag, document: documentId } = version;
  // Hashing takes most of the time of the model, and there are few versions.
  const key = JSON.stringify([corpus, model, dimensions, chunkId, text, tag, documentId]);
  const known = rightRows.get(key);
  if (known !== undefined) return known;
  const chunk = { chunkId, documentId, chapterTitle: null, pageNumber: null, text, createdAt: null, metadata: { tag } };
  const row: IndexedChunk = {
    ...chunk,
    pointId: pointIdOf(corpus, chunkId),
    contentHash: contentHashOf(chunk),
    embeddingKey: embeddingKeyOf({ model, host: null, dimensions }, text),
  };
  rightRows.set(key, row);
  return row;
}

/** The point that goes with a row. */
export function rightPoint({ corpus, model, projection }: CorpusTraits, row: IndexedChunk): PointCopy {
  return {
    payload: {
      corpus,
      chunk_id: row.chunkId,
      document_id: row.documentId,
      model,
      content_hash: row.contentHash,
      embedding_key: row.embeddingKey,
      projection,
      ...(row.metadata['tag'] === undefined ? {} : { tag: row.metadata['tag'] }),
    },
    vectorOf: row.text,
  };
}
