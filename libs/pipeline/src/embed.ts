import { IndexingError, utf8Bytes, type Embedder, type EmbeddingCache } from '@lockstep/model';
import { createLane } from './bounded.ts';
import { FILES, readChunks } from './corpus-files.ts';
import { estimatedTokens, planEmbedding } from './plan-embedding.ts';
import { readReceipt, writeReceipt } from './receipt-file.ts';
import { createLineSorter } from './sort-lines.ts';
import type { StageContext } from './stage-context.ts';
import type { ValidateReceipt } from './validate.ts';

export interface EmbedOptions {
  readonly embedder: Embedder;
  readonly cache: EmbeddingCache;
  /** Chunks in one request, at most; the embedder's own limits come on top. */
  readonly batchItems: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Called with the tokens that are to be paid for, before the first request; what it throws stops the stage. */
  readonly guardTokens?: (tokens: number) => void;
  /** False asks for nothing: the slice holds what the cache holds. */
  readonly pay?: boolean;
}

export interface EmbedReceipt {
  readonly stage: 'embed';
  readonly corpus: string;
  readonly chunks: number;
  /** Distinct texts; chunks of equal text share a vector. */
  readonly texts: number;
  readonly cached: number;
  readonly embedded: number;
  readonly requests: number;
  /** Tokens that the service charged for. */
  readonly tokens: number;
  /** About how many tokens were not paid for, thanks to the cache. */
  readonly tokensSaved: number;
  /** Texts that the cache lacks and that were not asked for. */
  readonly left: number;
  readonly model: string;
  /** Host of a service that is not the model's own; its prices are not known. */
  readonly host: string | null;
  readonly dimensions: number;
  readonly startedAt: string;
  readonly durationMs: number;
}

/**
 * Embeds the texts that the cache does not hold yet, each once, and writes the corpus's slice of the cache. Every
 * response is on disk before the next request of its lane goes out, so that a killed run pays again only for what was
 * under way.
 */
export async function embed(context: StageContext, options: EmbedOptions): Promise<EmbedReceipt> {
  const { artifacts, corpus, clock, logger, signal } = context;
  const { cache, embedder } = options;
  const startedAt = clock.now();
  const validated = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
  checkSameEmbedder(validated, embedder);
  await artifacts.remove(FILES.embedReceipt);
  const adopted = await cache.adoptSlice();
  if (adopted > 0) logger.info('slice-adopted', { itemCount: adopted });

  if (options.guardTokens !== undefined) {
    const { tokens } = await planEmbedding(artifacts, { embedder, cache, ...(signal === undefined ? {} : { signal }) });
    options.guardTokens(tokens);
  }

  const scratch = await artifacts.scratch();
  try {
    const keys = createLineSorter(scratch);
    const lane = createLane(options.concurrency);
    const underway = new Set<string>();
    let pending: { key: string; text: string }[] = [];
    let requests = 0;
    let embedded = 0;
    let tokens = 0;
    let embeddedBytes = 0;
    let leftBytes = 0;
    let seen = 0;

    async function request(batch: readonly { key: string; text: string }[]): Promise<void> {
      signal?.throwIfAborted();
      requests += 1;
      const batchIndex = requests;
      const reply = await embedder.embed(
        batch.map(({ text }) => text),
        signal === undefined ? {} : { signal },
      );
      await cache.append(batch.map(({ key }, at) => ({ key, vector: reply.vectors[at] as Float32Array })));
      for (const { key } of batch) underway.delete(key);
      embedded += batch.length;
      tokens += reply.tokens;
      embeddedBytes += batch.reduce((sum, { text }) => sum + utf8Bytes(text), 0);
      logger.debug('batch-embedded', { batchIndex, itemCount: batch.length, tokens: reply.tokens });
      context.onProgress?.(seen - underway.size, validated.accepted);
    }

    async function flush(): Promise<void> {
      const batch = pending;
      pending = [];
      for (const indexes of embedder.pack(batch.map(({ text }) => text))) {
        const part = indexes.map((at) => batch[at] as (typeof batch)[number]);
        await lane.add(() => request(part));
      }
    }

    try {
      for await (const chunk of readChunks(artifacts)) {
        signal?.throwIfAborted();
        seen += 1;
        await keys.add(chunk.embeddingKey);
        if (cache.has(chunk.embeddingKey) || underway.has(chunk.embeddingKey)) continue;
        if (options.pay === false) {
          leftBytes += utf8Bytes(chunk.text);
          continue;
        }
        underway.add(chunk.embeddingKey);
        pending.push({ key: chunk.embeddingKey, text: chunk.text });
        if (pending.length >= options.batchItems) await flush();
      }
      await flush();
      await lane.drain();
    } catch (error) {
      // What is under way is paid for, and still goes into the cache.
      await lane.settle();
      throw error;
    }

    let left = 0;
    async function* held(): AsyncGenerator<string> {
      for await (const key of distinct(keys.sorted())) {
        if (options.pay !== false || cache.has(key)) yield key;
        else left += 1;
      }
    }
    const sliced = await cache.writeSlice(held());
    const receipt: EmbedReceipt = {
      stage: 'embed',
      corpus,
      chunks: seen,
      texts: sliced + left,
      cached: sliced - embedded,
      embedded,
      requests,
      tokens,
      tokensSaved: estimatedTokens(validated.textBytes - embeddedBytes - leftBytes),
      left,
      model: embedder.identity.model,
      host: embedder.identity.host,
      dimensions: embedder.identity.dimensions,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: clock.now() - startedAt,
    };
    await writeReceipt(artifacts, FILES.embeddedHere, { startedAt: receipt.startedAt });
    await writeReceipt(artifacts, FILES.embedReceipt, receipt);
    const { texts, cached } = receipt;
    logger.info('corpus-embedded', { chunks: seen, texts, embedded, cached, requests, tokens });
    return receipt;
  } finally {
    await scratch.dispose();
  }
}

async function* distinct(sorted: AsyncIterable<string>): AsyncGenerator<string> {
  let previous: string | undefined;
  for await (const key of sorted) {
    if (key !== previous) yield key;
    previous = key;
  }
}

function checkSameEmbedder(validated: ValidateReceipt, embedder: Embedder): void {
  const { model, host, dimensions } = embedder.identity;
  const before = validated.embedder;
  if (before.model === model && before.host === host && before.dimensions === dimensions) return;
  throw new IndexingError({
    code: 'artifact-missing',
    message:
      `The corpus was validated for ${before.model} (${before.dimensions} dimensions), ` +
      `and is now to be embedded with ${model} (${dimensions}). Run validate again.`,
  });
}
