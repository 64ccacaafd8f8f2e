import { type Artifacts, type IndexedChunk } from '@lockstep/model';
import { decodeChunkLine, decodeHeldLine, type ChunkLine, type HeldRecord } from './chunk-line.ts';
import { linePages } from './lines.ts';

/** Names of the files that the stages write for each other. Nx hashes them by these names too. */
export const FILES = {
  chunks: 'validate/chunks.jsonl',
  held: 'validate/held.jsonl',
  rejects: 'validate/rejects.jsonl',
  validateReceipt: 'validate/receipt.json',
  slice: 'embed/slice.jsonl',
  refused: 'embed/refused.jsonl',
  embedReceipt: 'embed/receipt.json',
  /** Written where embed runs, and no output of a target: shows whether the embed receipt was made on this machine. */
  embeddedHere: 'embedded-here.json',
  run: 'provision/run.json',
  qdrantNonce: 'provision/qdrant.nonce',
  neonNonce: 'provision/neon.nonce',
  loadQdrantReceipt: 'load-qdrant/receipt.json',
  loadNeonReceipt: 'load-neon/receipt.json',
  verifyReceipt: 'verify.json',
  /** Folder of the marks of what has begun on this machine and not ended well. No output of a target either. */
  attempts: 'attempts',
} as const;

/** The accepted chunks in the order of their point ids. */
export async function* readChunks(artifacts: Artifacts): AsyncGenerator<IndexedChunk> {
  for await (const page of readChunkPages(artifacts)) for (const line of page) yield line.chunk();
}

/** The accepted chunks in the order of their point ids, in pages; each is parsed only when more than its ids is needed. */
export async function* readChunkPages(artifacts: Artifacts): AsyncGenerator<readonly ChunkLine[]> {
  for await (const page of linePages(artifacts.read(FILES.chunks))) yield page.map(decodeChunkLine);
}

/** The held records in the order of their point ids, in pages. */
export async function* readHeldPages(artifacts: Artifacts): AsyncGenerator<readonly HeldRecord[]> {
  for await (const page of linePages(artifacts.read(FILES.held))) yield page.map(decodeHeldLine);
}
