import { openEmbeddingCache } from '@lockstep/embedding-cache';
import type { Question } from '@lockstep/evaluation';
import { embeddingKeyOf, IndexingError, invariant, type Embedder, type LogFields } from '@lockstep/model';
import { printable } from '../terminal/printable.ts';

export interface QuestionVectorsOptions {
  readonly embedder: Embedder;
  /** The cache of the embedder. */
  readonly cachePath: string;
  readonly lockWaitMs: number;
  readonly signal: AbortSignal;
}

/** The vectors of questions, of which those that the cache lacks are still to be embedded. Close it when done. */
export interface QuestionVectors {
  /** About how many tokens are to be paid for. */
  readonly tokens: number;
  /** Different questions that are to be embedded, and those that are in the cache. */
  readonly missing: number;
  readonly cached: number;
  /** Embeds what the cache lacks; each reply is on disk before the next request. Returns the tokens that were charged. */
  pay(report: (event: string, fields: LogFields) => void): Promise<number>;
  /** An embedder that gives the vectors of the questions, and pays for nothing. */
  readonly paid: Pick<Embedder, 'identity' | 'embed'>;
  close(): Promise<void>;
}

/** Finds out which questions are to be embedded. Fails with `questions-invalid` for one that is too long for the model. */
export async function openQuestionVectors(
  questions: readonly Question[],
  { embedder, cachePath, lockWaitMs, signal }: QuestionVectorsOptions,
): Promise<QuestionVectors> {
  for (const { id, text } of questions) {
    const tokens = embedder.tokensOver(text);
    if (tokens === undefined) continue;
    const { model } = embedder.identity;
    const message = `Question ${JSON.stringify(printable(id))} has ${tokens} tokens; ${model} takes at most ${embedder.inputTokensMax}.`;
    throw new IndexingError({ code: 'questions-invalid', message });
  }
  const { identity } = embedder;
  const keyOf = (text: string): string => embeddingKeyOf(identity, text);
  const { dimensions } = identity;
  const cache = await openEmbeddingCache({
    path: cachePath,
    slicePath: `${cachePath}.no-slice`,
    dimensions,
    lockWaitMs,
    signal,
  });
  const texts = [...new Set(questions.map(({ text }) => text))];
  const missing = texts.filter((text) => !cache.has(keyOf(text)));
  return {
    tokens: missing.reduce((sum, text) => sum + embedder.countTokens(text), 0),
    missing: missing.length,
    cached: texts.length - missing.length,
    async pay(report) {
      let tokens = 0;
      for (const indexes of embedder.pack(missing)) {
        signal.throwIfAborted();
        const batch = indexes.map((at) => missing[at] as string);
        const reply = await embedder.embed(batch, { signal });
        await cache.append(batch.map((text, at) => ({ key: keyOf(text), vector: reply.vectors[at] as Float32Array })));
        tokens += reply.tokens;
        report('batch-embedded', { itemCount: batch.length, tokens: reply.tokens });
      }
      return tokens;
    },
    paid: {
      identity,
      async embed(asked) {
        const vectors = await cache.vectors(asked.map(keyOf));
        invariant(
          vectors.every((vector) => vector !== undefined),
          'a question has no vector',
        );
        return { vectors: vectors as Float32Array[], tokens: 0 };
      },
    },
    close: () => cache.close(),
  };
}
