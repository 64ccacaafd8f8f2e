import { utf8Bytes, type Artifacts, type Embedder } from '@lockstep/model';
import { FILES, readChunkPages } from '../files/corpus-files.ts';
import { readReceipt } from '../files/receipt-file.ts';
import { createLineSorter } from '../files/line-sorter.ts';
import type { EmbeddingPlan, ValidateReceipt } from '../receipts.ts';

/**
 * Bytes of a token in an estimate; the service estimates so itself before it counts (0.25 tokens a byte,
 * https://github.com/timescale/pgai, embedders/openai.py, 2025-12).
 */
const BYTES_PER_TOKEN = 4;

/** Counts the tokens of the part of a text that is sent. */
export type TokenCounter = Pick<Embedder, 'countTokens' | 'fit'>;

/** Embedding keys whose vectors need not be paid for. */
export interface KnownKeys {
  has(key: string): boolean;
  /** True when the keys of all chunks of this digest are known, without a look-up of each. @default each is looked up */
  hasAllOf?(wantedDigest: string): boolean;
}

export interface EmbeddingPlanOptions {
  /** Called once, for the first text that the cache lacks: a tokenizer takes memory, and time to load. */
  readonly counter: () => Promise<TokenCounter>;
  readonly cache: KnownKeys;
  readonly signal?: AbortSignal | undefined;
}

/** Counts what is to be embedded, each text once. Memory does not grow with the corpus. */
export async function planEmbedding(
  artifacts: Artifacts,
  { counter, cache, signal }: EmbeddingPlanOptions,
): Promise<EmbeddingPlan> {
  const { accepted, digest, textBytes } = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
  if (cache.hasAllOf?.(digest) === true) {
    return { cachedChunks: accepted, texts: 0, tokens: 0, tokensSaved: estimatedTokens(textBytes) };
  }
  const scratch = await artifacts.scratch();
  try {
    const missing = createLineSorter(scratch);
    let cachedChunks = 0;
    let opened: TokenCounter | undefined;
    for await (const page of readChunkPages(artifacts)) {
      signal?.throwIfAborted();
      for (const line of page) {
        if (cache.has(line.embeddingKey)) {
          cachedChunks += 1;
          continue;
        }
        const { text } = line.chunk();
        opened ??= await counter();
        const tokens = opened.countTokens(opened.fit(text));
        await missing.add(`${line.embeddingKey} ${tokens} ${utf8Bytes(text)}`);
      }
    }
    let texts = 0;
    let tokens = 0;
    let bytes = 0;
    let previous: string | undefined;
    for await (const line of missing.sorted()) {
      const [key, ownTokens, ownBytes] = line.split(' ');
      if (key !== previous) {
        texts += 1;
        tokens += Number(ownTokens);
        bytes += Number(ownBytes);
      }
      previous = key;
    }
    return { cachedChunks, texts, tokens, tokensSaved: estimatedTokens(textBytes - bytes) };
  } finally {
    await scratch.dispose();
  }
}

/** About how many tokens a text of this many bytes has; 0 for a negative number. */
export function estimatedTokens(bytes: number): number {
  return Math.max(0, Math.round(bytes / BYTES_PER_TOKEN));
}
