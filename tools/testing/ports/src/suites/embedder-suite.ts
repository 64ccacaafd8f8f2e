import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '@lockstep/model';
import { AWKWARD_TEXTS } from './awkward-json.ts';

/** An embedding service for the suite. */
export interface EmbeddersUnderTest {
  /** Embedders of one model; each time independent of the others, as in another process. */
  embedder(): Embedder;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;
const TEXTS = ['a whale', 'a ship', 'a whale', 'the sea and the shore'];

/** Largest difference of two vectors of one text: requests of other sizes may be computed in another order. */
const TOLERANCE = 1e-5;

function distance(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b?.length !== a.length) return Number.NaN;
  return Math.max(...a.map((value, at) => Math.abs(value - (b[at] as number))));
}

/**
 * What every `Embedder` must do. Registers vitest tests.
 *
 * @param start gives the service, once for the whole suite; its `close` is called at the end
 */
export function embedderSuite(name: string, start: () => Promise<EmbeddersUnderTest>): void {
  describe(name, { timeout: TIMEOUT_MS }, () => {
    let under: EmbeddersUnderTest;
    let embedder: Embedder;

    beforeAll(async () => {
      under = await start();
      embedder = under.embedder();
    }, TIMEOUT_MS);
    afterAll(() => under.close(), TIMEOUT_MS);

    it('each text gets a vector of finite numbers, of as many dimensions as the identity says', async () => {
      const { vectors } = await embedder.embed(TEXTS);
      expect(vectors).toHaveLength(TEXTS.length);
      for (const vector of vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(embedder.identity.dimensions);
        expect(vector.every((value) => Number.isFinite(value))).toBe(true);
        expect(vector.some((value) => value !== 0)).toBe(true);
      }
    });

    it('vectors come in the order of the texts, equal for equal texts, whatever else is in the request', async () => {
      const { vectors } = await embedder.embed(TEXTS);
      for (const [at, text] of TEXTS.entries()) {
        const alone = (await embedder.embed([text])).vectors[0];
        expect(distance(alone, vectors[at])).toBeLessThan(TOLERANCE);
      }
      expect(distance(vectors[0], vectors[2])).toBeLessThan(TOLERANCE);
      expect(distance(vectors[0], vectors[1])).toBeGreaterThan(TOLERANCE);
    });

    it('requests that are under way at the same time do not mix their vectors', async () => {
      const together = await Promise.all(TEXTS.map((text) => embedder.embed([text])));
      const { vectors } = await embedder.embed(TEXTS);
      for (const [at, one] of together.entries()) expect(distance(one.vectors[0], vectors[at])).toBeLessThan(TOLERANCE);
    });

    it('awkward texts are embedded', async () => {
      const texts = AWKWARD_TEXTS.filter((text) => text.trim() !== '' && text.length < 1_000);
      expect(texts.length).toBeGreaterThan(3);
      for (const group of embedder.pack(texts)) {
        const { vectors } = await embedder.embed(group.map((at) => texts[at] as string));
        expect(vectors).toHaveLength(group.length);
      }
    });

    it('a request charges for all of its texts', async () => {
      const both = (await embedder.embed(['a whale', 'a ship'])).tokens;
      const each = [(await embedder.embed(['a whale'])).tokens, (await embedder.embed(['a ship'])).tokens];
      expect(each.every((tokens) => tokens > 0)).toBe(true);
      expect(both).toBe(each.reduce((sum, tokens) => sum + tokens));
    });

    it('an embedder that another one follows gives the same vectors under the same identity', async () => {
      const other = under.embedder();
      expect(other.identity).toEqual(embedder.identity);
      const [one, two] = [await embedder.embed(['a whale']), await other.embed(['a whale'])];
      expect(distance(one.vectors[0], two.vectors[0])).toBeLessThan(TOLERANCE);
    });

    it('requests are packed with every text once, in order', () => {
      const texts = Array.from({ length: 5_000 }, (_, at) => `text ${at}`);
      const packed = embedder.pack(texts);
      expect(packed.flat()).toEqual(texts.map((_, at) => at));
      expect(packed.every((group) => group.length > 0)).toBe(true);
      expect(embedder.pack([])).toEqual([]);
    });

    it('a text that is too long is cut to its longest beginning that fits, and any other is left whole', () => {
      const max = embedder.inputTokensMax;
      const long = 'word '.repeat(max * 2);
      expect(embedder.tokensOver(long)).toBeGreaterThan(max);
      const beginning = embedder.fit(long);
      expect(long.startsWith(beginning)).toBe(true);
      expect(embedder.tokensOver(beginning)).toBeUndefined();
      expect(embedder.countTokens(beginning)).toBeGreaterThan(max / 2);
      expect([embedder.fit('a whale'), embedder.tokensOver('a whale')]).toEqual(['a whale', undefined]);
    });

    it('a request whose signal is aborted already fails with the reason of the signal', async () => {
      const reason = new Error('stop');
      await expect(embedder.embed(['a whale'], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    it('nothing was possibly paid in vain where every request was answered', async () => {
      const fresh = under.embedder();
      await fresh.embed(['a whale']);
      expect(fresh.possiblyPaid()).toEqual({ requests: 0, inputs: 0 });
    });

    it('an embedder says which service it asks, and which model', async () => {
      const { name: service, version } = await embedder.describe();
      expect(service).not.toBe('');
      expect(version).toBe(embedder.identity.model);
    });
  });
}
