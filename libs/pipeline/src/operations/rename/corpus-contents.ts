import {
  canonicalJson,
  contentHashOf,
  createDigest,
  sha256Hex,
  type CallOptions,
  type IndexedChunk,
  type ScanOptions,
  type StoredPoint,
} from '@lockstep/model';
import { alignedPages } from '../../compare/aligned-pages.ts';
import type { AllStores } from '../../work/stores.ts';

/** A chunk that both stores hold: its row and its point. */
export interface StoredChunk {
  readonly row: IndexedChunk;
  readonly point: StoredPoint;
}

/** What both stores hold of a corpus. */
export interface CorpusContents {
  readonly chunks: number;
  /** Chunks that only one store holds, or that differ in their labels or from their own hash. */
  readonly apart: number;
  /** One of those that are apart. */
  readonly example: string | undefined;
  /** Digest of ids and hashes, as `validate` computes it of chunks of which none is held. */
  readonly digest: string;
  /** Equal for two corpora whose rows and payloads are equal but for the name of the corpus and the point ids that follow from it. */
  readonly contents: string;
  /** `projection` of the points; null where they do not have one in common. */
  readonly projection: string | null;
}

/** A page of chunks by point id, each as it is in the stores that hold it. */
type StoredPage = readonly { readonly row: IndexedChunk | undefined; readonly point: StoredPoint | undefined }[];

/** The rows and the points of a corpus side by side, in the order of their ids. */
export async function* storedPages(
  corpus: string,
  { rows, vectors }: Pick<AllStores, 'rows' | 'vectors'>,
  call: ScanOptions,
): AsyncGenerator<StoredPage> {
  const sources = { wanted: rows.scanRows(corpus, call), held: none(), actual: vectors.scan(corpus, call) };
  for await (const page of alignedPages(sources)) {
    yield page.map(({ wanted, actual }) => ({ row: wanted, point: actual }));
  }
}

// oxlint-disable-next-line require-yield -- an empty source
async function* none(): AsyncGenerator<readonly { readonly pointId: string }[]> {}

/** Whether the point is that of the row, and the row what its hash says. */
export function isWhole(corpus: string, { row, point }: StoredPage[number]): boolean {
  if (row === undefined || point === undefined) return false;
  const { payload } = point;
  return (
    payload['corpus'] === corpus &&
    payload['chunk_id'] === row.chunkId &&
    payload['content_hash'] === row.contentHash &&
    payload['embedding_key'] === row.embeddingKey &&
    contentHashOf(row) === row.contentHash
  );
}

/** Reads all of a corpus but its vectors, a page at a time. */
export async function readContents(
  corpus: string,
  stores: Pick<AllStores, 'rows' | 'vectors'>,
  call: CallOptions,
): Promise<CorpusContents> {
  const digest = createDigest();
  const projections = new Set<string>();
  // The sum of hashes does not depend on the order, which is another under another name.
  let sum = 0n;
  let chunks = 0;
  let apart = 0;
  let example: string | undefined;
  for await (const page of storedPages(corpus, stores, call)) {
    for (const { row, point } of page) {
      chunks += 1;
      if (!isWhole(corpus, { row, point })) {
        apart += 1;
        example ??= row?.chunkId ?? String(point?.payload['chunk_id']);
      }
      if (row === undefined || point === undefined) continue;
      digest.update(`${row.pointId} ${row.contentHash} ${row.embeddingKey}\n`);
      projections.add(canonicalJson(point.payload['projection'] ?? null));
      const { corpus: _corpus, ...payload } = point.payload;
      sum += BigInt(`0x${sha256Hex(canonicalJson([row.contentHash, row.embeddingKey, payload]))}`);
    }
  }
  const [projection] = projections;
  return {
    chunks,
    apart,
    example,
    digest: digest.hex(),
    contents: `${chunks} ${BigInt.asUintN(256, sum).toString(16)}`,
    projection: projections.size === 1 ? (JSON.parse(projection as string) as string) : null,
  };
}
