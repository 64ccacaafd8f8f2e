import { describe, expect, it } from 'vitest';
import { collect, createStubEmbedder, failureOf, stubVector } from '@lockstep/testing-ports';
import { createCorpusRig, type CorpusRig } from '@lockstep/testing-runs';
import { IndexingError } from '@lockstep/model';
import { FILES, readChunks } from '../files/corpus-files.ts';

const records = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** Every chunk's vector in the slice is the one of its own text. */
async function expectSliceInStep(rig: CorpusRig): Promise<void> {
  const chunks = await collect(readChunks(rig.artifacts));
  const vectors = await rig.embeddings.slice.vectors(chunks.map(({ embeddingKey }) => embeddingKey));
  expect(vectors).toEqual(chunks.map(({ text }) => stubVector(text, rig.embedder.identity.dimensions)));
  expect(rig.embeddings.sliced.size).toBe(new Set(chunks.map(({ embeddingKey }) => embeddingKey)).size);
}

describe('what embed pays for', () => {
  it('embed pays for every text at first, and for none when nothing changed', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(5));
    expect(await rig.embed()).toMatchObject({ chunks: 5, texts: 5, cached: 0, embedded: 5, requests: 3, tokens: 10 });
    await expectSliceInStep(rig);
    rig.forgetCosts();
    await rig.validate(records(5).toReversed());
    expect(await rig.embed()).toMatchObject({ chunks: 5, texts: 5, cached: 5, embedded: 0, requests: 0, tokens: 0 });
    expect(rig.embedder.seen).toMatchObject({ requests: 0, inputs: 0 });
    await expectSliceInStep(rig);
  });

  it('embed pays for one text when one text changed', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(5));
    await rig.embed();
    rig.forgetCosts();
    await rig.validate(records(5).with(2, { id: 'c2', text: 'another text' }));
    expect(await rig.embed()).toMatchObject({ texts: 5, cached: 4, embedded: 1 });
    expect(rig.embedder.seen).toMatchObject({ requests: 1, inputs: 1 });
    await expectSliceInStep(rig);
  });

  it('embed pays for nothing when only ids and metadata changed', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(5));
    await rig.embed();
    rig.forgetCosts();
    await rig.validate(records(5).map((record) => ({ ...record, id: `${record.id}x`, page_number: 3, tag: 'new' })));
    expect(await rig.embed()).toMatchObject({ embedded: 0, requests: 0 });
    expect(rig.embedder.seen.requests).toBe(0);
  });

  it.each([1, 3, 9])(
    'embed pays for equal texts once, within a batch of %i and while an equal text is under way',
    async (batchItems) => {
      const rig = createCorpusRig();
      const texts = ['a', 'b', 'a', 'c', 'a', 'b', 'a', 'A', 'a '];
      await rig.validate(texts.map((text, at) => ({ id: at, text })));
      const gates: (() => void)[] = [];
      rig.embedder.onRequest = () => new Promise((resolve) => void gates.push(resolve));
      const run = rig.embed({ batchItems, concurrency: 9 });
      await expect.poll(() => gates.length).toBe(Math.ceil(5 / batchItems));
      for (const open of gates) open();
      expect(await run).toMatchObject({ chunks: 9, texts: 5, embedded: 5 });
      expect(rig.embedder.seen.inputs).toBe(5);
      await expectSliceInStep(rig);
    },
  );

  it('embed pays for nothing that an earlier slice has when the cache is lost', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(4));
    await rig.embed();
    rig.forgetCosts();
    rig.embeddings.paid.clear();
    await rig.validate(records(5));
    expect(await rig.embed()).toMatchObject({ cached: 4, embedded: 1 });
    expect(rig.embedder.seen.inputs).toBe(1);
  });

  it('embed pays for every text again for another model', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(3));
    await rig.embed();
    const embedder = createStubEmbedder({ identity: { model: 'other-model' } });
    const other = createCorpusRig({ embedder, embeddings: rig.embeddings });
    await other.validate(records(3));
    expect(await other.embed()).toMatchObject({ cached: 0, embedded: 3, model: 'other-model' });
  });
});

describe('embed', () => {
  it('keeps vectors with their texts when requests finish out of order', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(12));
    const gates: (() => void)[] = [];
    rig.embedder.onRequest = () => new Promise((resolve) => void gates.push(resolve));
    const run = rig.embed({ batchItems: 3, concurrency: 4 });
    await expect.poll(() => gates.length).toBe(4);
    for (const open of gates.toReversed()) {
      open();
      await Promise.resolve();
    }
    await run;
    const chunks = await collect(readChunks(rig.artifacts));
    expect(rig.embedder.answered[0]).toEqual(chunks.slice(-3).map(({ text }) => text));
    await expectSliceInStep(rig);
  });

  it('keeps to its limits of requests under way and of texts in one request', async () => {
    const rig = createCorpusRig({ embedder: createStubEmbedder({ packItems: 2 }) });
    await rig.validate(records(40));
    rig.embedder.onRequest = async () => {
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    };
    await rig.embed({ batchItems: 5, concurrency: 3 });
    expect(rig.embedder.seen.underwayMax).toBe(3);
    expect(Math.max(...rig.embedder.answered.map(({ length }) => length))).toBe(2);
    expect(rig.embedder.seen).toMatchObject({ requests: 24, inputs: 40 });
  });

  it('stores what was paid for when a request fails, and pays only for the rest when it is run again', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(10));
    let release: () => void = () => {};
    rig.embedder.onRequest = (request) => {
      if (request === 2) return new Promise((resolve) => (release = resolve));
      if (request === 3) {
        // The request before this one is answered only after the failure.
        setTimeout(release, 0);
        throw new IndexingError({ code: 'quota-exhausted', message: 'm' });
      }
      return undefined;
    };
    const { code, details } = await failureOf(rig.embed());
    expect([code, details]).toEqual(['quota-exhausted', {}]);
    expect(rig.embeddings.paid.size).toBe(rig.embedder.seen.inputs);
    expect(rig.embeddings.paid.size).toBeGreaterThanOrEqual(4);
    expect(rig.artifacts.files.has(FILES.embedReceipt)).toBe(false);
    expect(rig.artifacts.leaks()).toEqual({ writers: 0, scratches: 0 });
    rig.embedder.onRequest = undefined;
    await rig.embed();
    expect(rig.embedder.seen.inputs).toBe(10);
    await expectSliceInStep(rig);
  });

  it('reports how many texts were paid for that the cache could not store', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(6));
    const { cache } = rig.embeddings;
    const append: typeof cache.append = async (entries) => {
      await cache.append(entries);
      if (rig.embeddings.paid.size < 3) return;
      throw new IndexingError({ code: 'disk-failed', message: 'm', details: { errno: 'ENOSPC' }, cause: 'c' });
    };
    const failure = await failureOf(rig.embed({ cache: { ...cache, append }, concurrency: 1 }));
    expect(failure).toMatchObject({ code: 'disk-failed', message: 'm', cause: 'c' });
    expect(failure.details).toEqual({ errno: 'ENOSPC', possiblyPaid: 2 });
  });

  it('stores a reply in the cache before it sends the request that takes its place', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(6));
    const stored: number[] = [];
    rig.embedder.onRequest = () => void stored.push(rig.embeddings.paid.size);
    await rig.embed({ batchItems: 2, concurrency: 1 });
    expect(stored).toEqual([0, 2, 4]);
  });

  it('stops at its signal, and stores what was paid for', async () => {
    const controller = new AbortController();
    const rig = createCorpusRig({ signal: controller.signal });
    await rig.validate(records(10));
    rig.embedder.onRequest = (request) => {
      if (request === 2) controller.abort(new Error('stop'));
    };
    await expect(rig.embed({ concurrency: 1 })).rejects.toThrow('stop');
    expect(rig.embedder.seen.requests).toBe(2);
    expect(rig.embeddings.paid.size).toBe(4);
    expect(rig.artifacts.leaks()).toEqual({ writers: 0, scratches: 0 });
  });

  it('reports how many tokens it saved: those of cached texts and of repeated texts', async () => {
    const rig = createCorpusRig();
    await rig.validate([{ id: 'known', text: 'known text' }]);
    expect(await rig.embed()).toMatchObject({ tokens: 2, tokensSaved: 0 });
    await rig.validate(['known text', 'new', 'new', 'ünique'].map((text, at) => ({ id: at, text })));
    // Bytes: 10 of the cache, and 3 of a text that came before; four to a token.
    expect(await rig.embed()).toMatchObject({ tokens: 2, tokensSaved: 3, left: 0 });
    expect(await rig.embed()).toMatchObject({ tokens: 0, tokensSaved: Math.round(23 / 4) });
  });

  it('refuses a corpus that was validated for another embedder, before it pays', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(1));
    for (const identity of [{ model: 'other' }, { dimensions: 4 }, { host: 'example.org' }]) {
      const embedder = createStubEmbedder({ identity });
      const other = createCorpusRig({ embedder, artifacts: rig.artifacts });
      expect(await failureOf(other.embed())).toMatchObject({ code: 'artifact-missing' });
      expect(embedder.seen.requests).toBe(0);
    }
  });
});

describe('guardTokens', () => {
  it('is called before the first request with the tokens that are to be paid for, each text once', async () => {
    const rig = createCorpusRig();
    await rig.load([{ id: 'known', text: 'not paid again' }]);
    rig.forgetCosts();
    await rig.validate(['not paid again', 'one', 'two words', 'one'].map((text, at) => ({ id: at, text })));
    const seen: unknown[] = [];
    const { tokens } = await rig.embed({
      guardTokens: (asked) => void seen.push({ tokens: asked, requests: rig.embedder.seen.requests }),
    });
    expect(seen).toEqual([{ tokens: 3, requests: 0 }]);
    expect(tokens).toBe(3);
  });

  it('is called without the texts that an earlier slice has when the cache is lost', async () => {
    const rig = createCorpusRig();
    await rig.load(records(4));
    rig.embeddings.paid.clear();
    const seen: number[] = [];
    await rig.embed({ guardTokens: (tokens) => void seen.push(tokens) });
    expect(seen).toEqual([0]);
  });

  it('stops the stage before anything is paid for, and no receipt is left that a load could use', async () => {
    const rig = createCorpusRig();
    await rig.load(records(3));
    rig.forgetCosts();
    await rig.validate(records(5));
    const guardTokens = (tokens: number): void => {
      throw new IndexingError({ code: 'cost-guard', message: `${tokens} tokens` });
    };
    expect(await failureOf(rig.embed({ guardTokens }))).toMatchObject({ code: 'cost-guard', message: '4 tokens' });
    expect(rig.embedder.seen).toMatchObject({ requests: 0, inputs: 0 });
    expect(rig.embeddings.paid.size).toBe(3);
    expect(rig.artifacts.files.has(FILES.embedReceipt)).toBe(false);
    expect(rig.artifacts.leaks()).toEqual({ writers: 0, scratches: 0 });
  });
});

describe('embed without paying', () => {
  it('sends no request, puts what the cache has into the slice, and reports how many texts are missing', async () => {
    const rig = createCorpusRig();
    await rig.load(records(3));
    rig.forgetCosts();
    await rig.validate([...records(5), { id: 'again', text: 'text 4' }, { id: 'known', text: 'text 0' }]);
    expect(await rig.embed({ pay: false })).toMatchObject({
      chunks: 7,
      texts: 5,
      cached: 3,
      embedded: 0,
      left: 2,
      requests: 0,
      tokens: 0,
      // Four chunks of six bytes have their vector.
      tokensSaved: 6,
    });
    expect(rig.embedder.seen.requests).toBe(0);
    const chunks = await collect(readChunks(rig.artifacts));
    const cached = new Set(chunks.filter(({ text }) => /[012]$/.test(text)).map(({ embeddingKey }) => embeddingKey));
    expect(new Set(rig.embeddings.sliced.keys())).toEqual(cached);
  });

  it('writes an empty slice when the cache is empty, and pays for everything the next time', async () => {
    const rig = createCorpusRig();
    await rig.validate(records(3));
    expect(await rig.embed({ pay: false })).toMatchObject({ texts: 3, cached: 0, left: 3 });
    expect(rig.embeddings.sliced.size).toBe(0);
    expect(await rig.embed()).toMatchObject({ texts: 3, embedded: 3, left: 0 });
    await expectSliceInStep(rig);
  });

  it('reports no missing text when the cache has them all', async () => {
    const rig = createCorpusRig();
    await rig.load(records(3));
    expect(await rig.embed({ pay: false })).toMatchObject({ texts: 3, cached: 3, left: 0 });
    await expectSliceInStep(rig);
  });
});
