import {
  IndexingError,
  invariant,
  isIndexingError,
  sentUnderKey,
  utf8Bytes,
  type Embedder,
  type EmbeddingCache,
  type SentPart,
  type SentTexts,
} from '@lockstep/model';
import { createLimiter } from '../work/limiter.ts';
import { countCalls } from '../work/count-calls.ts';
import { FILES, readChunks } from '../files/corpus-files.ts';
import { distinctParts, storeMean } from '../work/store-mean.ts';
import { countUnconfirmedCharges } from '../work/unconfirmed-charges.ts';
import { estimatedTokens, planEmbedding } from '../compare/plan-embedding.ts';
import { writeReceipt } from '../files/receipt-file.ts';
import { readValidated } from '../runs/validated.ts';
import { createRefusedTexts } from '../files/refused-texts.ts';
import { createLineSorter } from '../files/line-sorter.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { EmbedReceipt, ValidateReceipt } from '../receipts.ts';

export interface EmbedOptions {
  readonly embedder: Embedder;
  readonly cache: EmbeddingCache;
  /** Texts in one request, at most; the embedder's own limits apply as well. */
  readonly batchItems: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Called with the tokens that are to be paid for, before the first request; what it throws fails the stage. @default any number */
  readonly guardTokens?: ((tokens: number) => void) | undefined;
  /** Called once, before the first text is sent; what it throws fails the stage. @default nothing is checked */
  readonly beforePaying?: (() => Promise<void>) | undefined;
  /** Whether texts that the cache lacks are embedded; if not, the slice has only what the cache has. @default true */
  readonly pay?: boolean | undefined;
  /** Texts that the service may refuse before the stage fails. @default REFUSED_MAX */
  readonly rejectsMax?: number | undefined;
}

/** A few refused texts are an accident; more mean that the service or a setting is wrong, and more requests only cost. */
export const REFUSED_MAX = 10;

/**
 * Embeds the texts that the cache lacks, each once, and writes the corpus's slice of the cache. Every reply is on disk
 * before another request takes its place, so that a killed run pays again only for the requests that were under way. A
 * text that is sent in windows gets the mean of their vectors when the cache has the last of them. A request that the
 * service refuses is halved until the text at fault is found and set aside; beyond `rejectsMax` such texts the stage
 * fails with `records-rejected`, and `refused.jsonl` names them.
 */
export async function embed(context: StageContext, options: EmbedOptions): Promise<EmbedReceipt> {
  const { artifacts, corpus, clock, logger, signal } = context;
  const { cache, embedder } = options;
  const startedAt = clock.now();
  const calls = countCalls(context);
  const charges = countUnconfirmedCharges(context, embedder);
  const validated = await readValidated(artifacts);
  checkSameEmbedder(validated, embedder);
  await artifacts.remove(FILES.embedReceipt);
  await artifacts.remove(FILES.refused);
  const adopted = await cache.adoptSlice();
  if (adopted > 0) logger.info('slice-adopted', { itemCount: adopted });

  if (options.guardTokens !== undefined) {
    const counter = async () => embedder;
    const { tokens } = await planEmbedding(artifacts, { counter, cache, signal });
    options.guardTokens(tokens);
  }

  const scratch = await artifacts.scratch();
  try {
    const keys = createLineSorter(scratch);
    const limiter = createLimiter(options.concurrency);
    /** Keys of the texts whose vector is to come. */
    const underway = new Set<string>();
    /** The texts that each part that was asked for, or is about to be, is a part of. */
    const waiting = new Map<string, Wanted[]>();
    const refused = createRefusedTexts(options.rejectsMax ?? REFUSED_MAX, artifacts.placeOf(FILES.refused));
    const refusedParts = new Map<string, IndexingError>();
    const isMissing = (key: string): boolean => !cache.has(key);
    let checked: Promise<void> | undefined;
    let pending: SentPart[] = [];
    let requests = 0;
    let embedded = 0;
    let tokens = 0;
    let embeddedBytes = 0;
    let missingBytes = 0;
    let seen = 0;

    async function request(batch: readonly SentPart[]): Promise<void> {
      signal?.throwIfAborted();
      requests += 1;
      const batchIndex = requests;
      try {
        const reply = await embedder.embed(
          batch.map(({ text }) => text),
          { signal },
        );
        const entries = batch.map(({ key }, at) => ({ key, vector: reply.vectors[at] as Float32Array }));
        await charges.store(cache, entries);
        tokens += reply.tokens;
        embeddedBytes += batch.reduce((sum, { text }) => sum + utf8Bytes(text), 0);
        logger.debug('batch-embedded', { batchIndex, itemCount: batch.length, tokens: reply.tokens });
        for (const wanted of batch.flatMap(({ key }) => answered(key))) {
          await storeMean(cache, wanted);
          underway.delete(wanted.key);
          embedded += 1;
        }
        context.onProgress?.(seen - underway.size, validated.accepted);
      } catch (error) {
        if (!isIndexingError(error) || error.disposition !== 'reject') throw error;
        await splitRefused(batch, error);
      }
    }

    /** The texts of which this part was the last that was missing. */
    function answered(key: string): Wanted[] {
      const texts = waiting.get(key) ?? [];
      waiting.delete(key);
      for (const { missing } of texts) missing.delete(key);
      return texts.filter(({ missing }) => missing.size === 0);
    }

    /** Halves a batch that was refused, at two requests a step; sets the texts of a single part aside. */
    async function splitRefused(batch: readonly SentPart[], failure: IndexingError): Promise<void> {
      const [first, ...others] = batch;
      if (first !== undefined && others.length === 0) {
        refusedParts.set(first.key, failure);
        const texts = waiting.get(first.key) ?? [];
        waiting.delete(first.key);
        for (const wanted of texts) refuse(wanted, failure);
        return;
      }
      logger.info('batch-halved', { itemCount: batch.length });
      const middle = Math.ceil(batch.length / 2);
      await request(batch.slice(0, middle));
      await request(batch.slice(middle));
    }

    /** Sets a text aside. Its other windows are embedded all the same: they may be those of its next version too. */
    function refuse({ key, pointId, chunkId }: Wanted, failure: IndexingError): void {
      if (refused.has(key)) return;
      underway.delete(key);
      logger.warn('text-refused', { pointId, reason: failure.message });
      refused.add({ embeddingKey: key, pointId, chunkId }, failure);
    }

    async function flush(): Promise<void> {
      const batch = pending;
      pending = [];
      for (const indexes of embedder.pack(batch.map(({ text }) => text))) {
        const part = indexes.map((at) => batch[at] as SentPart);
        await limiter.add(() => request(part));
      }
    }

    async function want(wanted: Wanted, parts: readonly SentPart[]): Promise<void> {
      await (checked ??= options.beforePaying?.());
      const failure = parts.map(({ key }) => refusedParts.get(key)).find((found) => found !== undefined);
      if (failure !== undefined) return refuse(wanted, failure);
      underway.add(wanted.key);
      const fresh: SentPart[] = [];
      for (const part of parts) {
        const texts = waiting.get(part.key);
        if (texts === undefined) fresh.push(part);
        waiting.set(part.key, [...(texts ?? []), wanted]);
      }
      // Only now that all of them wait: while one is sent, the reply to another may come.
      for (const part of fresh) {
        pending.push(part);
        if (pending.length >= options.batchItems) await flush();
      }
    }

    try {
      for await (const chunk of readChunks(artifacts)) {
        signal?.throwIfAborted();
        seen += 1;
        const { pointId, chunkId, embeddingKey: key } = chunk;
        await keys.add(key);
        if (!isMissing(key) || underway.has(key) || refused.has(key)) continue;
        const sent = sentUnderKey(embedder, chunk.text, key);
        invariant(sent !== undefined, 'a chunk has the key of another text');
        const parts = distinctParts(sent).filter((part) => isMissing(part.key));
        if (parts.length === 0) await storeMean(cache, sent);
        else if (options.pay === false) missingBytes += utf8Bytes(chunk.text);
        else await want({ ...sent, pointId, chunkId, missing: new Set(parts.map((part) => part.key)) }, parts);
      }
      await flush();
      await limiter.drain();
    } catch (error) {
      // Requests under way are paid for: their vectors still go into the cache.
      await limiter.settle();
      if (isIndexingError(error) && error.code === 'records-rejected') await refused.write(artifacts);
      throw error;
    }

    let missing = 0;
    async function* cachedKeys(): AsyncGenerator<string> {
      for await (const key of distinct(keys.sorted())) {
        if (cache.has(key)) yield key;
        else if (!refused.has(key)) missing += 1;
      }
    }
    const sliced = await cache.writeSlice(cachedKeys());
    invariant(missing === 0 || options.pay === false, 'a text was neither embedded nor refused');
    await refused.write(artifacts);
    const receipt: EmbedReceipt = {
      stage: 'embed',
      corpus,
      digest: validated.digest,
      chunks: seen,
      texts: sliced + missing + refused.count(),
      cached: sliced - embedded,
      embedded,
      requests,
      tokens,
      tokensSaved: estimatedTokens(validated.textBytes - embeddedBytes - missingBytes),
      left: missing,
      refused: refused.count(),
      possiblyPaid: charges.count(),
      calls: calls(),
      model: embedder.identity.model,
      host: embedder.identity.host,
      dimensions: embedder.identity.dimensions,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: clock.now() - startedAt,
    };
    await writeReceipt(artifacts, FILES.embeddedHere, { startedAt: receipt.startedAt });
    await writeReceipt(artifacts, FILES.embedReceipt, receipt);
    const { texts, cached } = receipt;
    logger.info('corpus-embedded', {
      chunks: seen,
      texts,
      embedded,
      cached,
      refused: receipt.refused,
      requests,
      tokens,
    });
    return receipt;
  } catch (error) {
    throw charges.report(error);
  } finally {
    await scratch.dispose();
  }
}

/** A text that is to be embedded, with the first chunk that has it. */
interface Wanted extends SentTexts {
  readonly pointId: string;
  readonly chunkId: string;
  /** Keys of the parts that have no vector yet. */
  readonly missing: Set<string>;
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
