import { fitTokens, type Embedder, type EmbedderIdentity } from '@lockstep/model';
import { stubVector } from './stub-vector.ts';

/** An embedder without a model, which records its requests. */
export interface StubEmbedder extends Embedder {
  /** Requests, including those that failed; texts that were embedded; the most requests under way at once. */
  readonly seen: { requests: number; inputs: number; underwayMax: number };
  /** The texts of each request that was answered, in the order of the answers. */
  readonly answered: (readonly string[])[];
  /** What `possiblyPaid` returns; a test may raise it. */
  readonly lost: { requests: number; inputs: number };
  /** Called for each request by its number from 1; what it throws fails the request, which then costs nothing. */
  onRequest: ((request: number, texts: readonly string[]) => void | Promise<void>) | undefined;
}

export interface StubEmbedderOptions {
  readonly identity?: Partial<EmbedderIdentity>;
  /** Texts in one request, at most. @default 100 */
  readonly packItems?: number;
  /** Words of a text that still fit; a word counts as a token. @default 256 */
  readonly inputTokensMax?: number;
}

/** Gives every text a unit vector that is made from its hash (`stubVector`). It charges a token for each word. */
export function createStubEmbedder(options: StubEmbedderOptions = {}): StubEmbedder {
  const { packItems = 100, inputTokensMax = 256 } = options;
  const identity: EmbedderIdentity = { model: 'stub-model', host: null, dimensions: 8, ...options.identity };
  const seen = { requests: 0, inputs: 0, underwayMax: 0 };
  const answered: (readonly string[])[] = [];
  let underway = 0;

  const stub: StubEmbedder = {
    identity,
    inputTokensMax,
    seen,
    answered,
    lost: { requests: 0, inputs: 0 },
    onRequest: undefined,
    countTokens: wordsOf,
    tokensOver(text) {
      const words = wordsOf(text);
      return words > inputTokensMax ? words : undefined;
    },
    fit: (text) => fitTokens(text, inputTokensMax, wordsOf),
    pack(texts) {
      const requests: number[][] = [];
      for (let at = 0; at < texts.length; at += packItems) {
        requests.push(Array.from(texts.slice(at, at + packItems), (_, offset) => at + offset));
      }
      return requests;
    },
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted();
      seen.requests += 1;
      underway += 1;
      seen.underwayMax = Math.max(seen.underwayMax, underway);
      try {
        await stub.onRequest?.(seen.requests, texts);
      } finally {
        underway -= 1;
      }
      seen.inputs += texts.length;
      answered.push([...texts]);
      return {
        vectors: texts.map((text) => stubVector(text, identity.dimensions)),
        tokens: texts.reduce((sum, text) => sum + wordsOf(text), 0),
      };
    },
    possiblyPaid: () => ({ ...stub.lost }),
    async describe() {
      return { name: 'Stub', version: identity.model };
    },
  };
  return stub;
}

function wordsOf(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}
