import { invariant, sentUnderKey, utf8Bytes, type Artifacts, type TextMeasure } from '@lockstep/model';
import { FILES, readChunkPages } from '../files/corpus-files.ts';
import { readReceipt } from '../files/receipt-file.ts';
import { createLineSorter } from '../files/line-sorter.ts';
import type { EmbeddingPlan, ValidateReceipt } from '../receipts.ts';

/**
 * Bytes of a token in an estimate; the service estimates so itself before it counts (0.25 tokens a byte,
 * https://github.com/timescale/pgai, embedders/openai.py, 2025-12).
 */
const BYTES_PER_TOKEN = 4;

/** Embedding keys whose vectors need not be paid for. */
export interface KnownKeys {
  has(key: string): boolean;
  /** True when the keys of all chunks of this digest are known, without a look-up of each. @default each is looked up */
  hasAllOf?(wantedDigest: string): boolean;
}

export interface EmbeddingPlanOptions {
  /** Called once, for the first text that the cache lacks: a tokenizer takes memory, and time to load. */
  readonly counter: () => Promise<TextMeasure>;
  readonly cache: KnownKeys;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Counts what is to be embedded, each text and each window once. A text of whose windows none is missing counts as
 * cached. Memory does not grow with the corpus.
 */
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
    let opened: TextMeasure | undefined;
    for await (const page of readChunkPages(artifacts)) {
      signal?.throwIfAborted();
      for (const line of page) {
        if (cache.has(line.embeddingKey)) {
          cachedChunks += 1;
          continue;
        }
        opened ??= await counter();
        const sent = sentUnderKey(opened, line.chunk().text, line.embeddingKey);
        invariant(sent !== undefined, 'a chunk has the key of another text');
        const parts = sent.parts.filter(({ key }) => !cache.has(key));
        if (parts.length === 0) cachedChunks += 1;
        else await missing.add(`text ${sent.key}`);
        for (const part of parts) {
          const ownTokens = part.tokens ?? opened.countTokens(part.text);
          await missing.add(`part ${part.key} ${ownTokens} ${utf8Bytes(part.text)}`);
        }
      }
    }
    let texts = 0;
    let tokens = 0;
    let bytes = 0;
    let previous: string | undefined;
    for await (const line of missing.sorted()) {
      if (line === previous) continue;
      previous = line;
      const [kind, , ownTokens, ownBytes] = line.split(' ');
      if (kind === 'text') texts += 1;
      else {
        tokens += Number(ownTokens);
        bytes += Number(ownBytes);
      }
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
