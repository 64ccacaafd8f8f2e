import { describe, expect, it } from 'vitest';
import { IndexingError, meanVector, sentTexts, type JsonObject } from '@lockstep/model';
import { collect, createStubEmbedder, failureOf, stubVector } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { FILES, readChunks } from '../files/corpus-files.ts';

const wordsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => `word${first + at}`).join(' ');

const LONG = { id: 'long', text: wordsFrom(0, 600) };
const SHORT = { id: 'short', text: 'a short text' };

function sentOf({ embedder }: CorpusRig, text: string) {
  const sent = sentTexts(embedder, { text, tokens: embedder.tokensOver(text) }, 'windows');
  if (sent === undefined) throw new Error('no windows');
  return sent;
}

/** The vector that a text in windows is to have. */
function meanOf(rig: CorpusRig, text: string): Float32Array {
  const { parts } = sentOf(rig, text);
  return meanVector(
    parts.map((part) => ({ vector: stubVector(part.text, 8), weight: rig.embedder.countTokens(part.text) })),
  );
}

async function keyOf(rig: CorpusRig, chunkId: string): Promise<string> {
  const chunk = (await collect(readChunks(rig.artifacts))).find((found) => found.chunkId === chunkId);
  return chunk?.embeddingKey ?? '';
}

describe('a text that is embedded in windows', () => {
  it('is planned, paid for and guarded by the tokens of its windows, and has their mean in the store', async () => {
    const rig = createCorpusRig();
    const validated = await rig.validate([LONG, SHORT]);
    const { parts } = sentOf(rig, LONG.text);
    const windowTokens = parts.reduce((sum, { tokens = 0 }) => sum + tokens, 0);
    expect(windowTokens).toBeGreaterThan(600);
    expect(validated).toMatchObject({
      accepted: 2,
      overlong: { mode: 'windows', records: 1, windows: parts.length, tokens: windowTokens },
    });
    expect((await rig.plan()).embedding).toMatchObject({ cachedChunks: 0, texts: 2, tokens: windowTokens + 3 });
    const told: number[] = [];
    const embedded = await rig.embed({ guardTokens: (tokens) => void told.push(tokens) });
    expect(told).toEqual([windowTokens + 3]);
    expect(embedded).toMatchObject({ texts: 2, embedded: 2, cached: 0, tokens: windowTokens + 3 });
    expect(rig.embedder.seen.inputs).toBe(parts.length + 1);
    await rig.provision();
    await rig.loadQdrant();
    await rig.loadNeon();
    expect(await rig.verify('vectors')).toMatchObject({ ok: true, counts: { qdrant: 2, neon: 2 } });
    const point = rig.vectors.collection?.points.get(await rig.pointIdOf('long'));
    expect(point?.vector).toEqual(meanOf(rig, LONG.text));
    // The slice holds the vectors of chunks alone, and the cache those of the windows too.
    expect([rig.embeddings.sliced.size, rig.embeddings.paid.size]).toEqual([2, parts.length + 2]);
    expect([...rig.rows.table.values()].map(({ text }) => text)).toContain(LONG.text);
  });

  it('is asked for no more when nothing changed, nor when its vector is in the slice alone', async () => {
    const rig = createCorpusRig();
    await rig.load([LONG, SHORT]);
    rig.forgetCosts();
    expect((await rig.load([LONG, SHORT])).embedded).toMatchObject({ cached: 2, embedded: 0, requests: 0 });
    rig.embeddings.paid.clear();
    await rig.load([LONG, SHORT]);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('pays for those windows alone that its last version did not have', async () => {
    const rig = createCorpusRig();
    await rig.load([LONG]);
    rig.forgetCosts();
    const longer = { ...LONG, text: `${LONG.text} and more` };
    await rig.validate([longer]);
    const known = new Set(sentOf(rig, LONG.text).parts.map(({ key }) => key));
    const fresh = sentOf(rig, longer.text).parts.filter(({ key }) => !known.has(key));
    expect(fresh.length).toBeLessThan(known.size);
    const { tokens } = (await rig.plan()).embedding;
    expect(tokens).toBe(fresh.reduce((sum, part) => sum + (part.tokens ?? 0), 0));
    expect(await rig.embed()).toMatchObject({ embedded: 1, tokens });
    expect(rig.embedder.seen.inputs).toBe(fresh.length);
    expect(rig.embeddings.sliced.get(await keyOf(rig, 'long'))).toEqual(meanOf(rig, longer.text));
  });

  it('shares windows with other texts, each paid for once, whatever is under way', async () => {
    const [first] = sentOf(createCorpusRig(), LONG.text).parts;
    const records: JsonObject[] = [
      LONG,
      { id: 'same beginning', text: `${first?.text} ${wordsFrom(5_000, 400)}` },
      { id: 'is a window', text: String(first?.text) },
      { id: 'same text', text: LONG.text },
      // All of its windows are alike but for the last.
      { id: 'repeats itself', text: 'again '.repeat(1_500) },
    ];
    for (const batchItems of [1, 3, 50]) {
      const rig = createCorpusRig();
      await rig.validate(records);
      const keys = new Set(records.flatMap(({ text }) => sentOf(rig, String(text)).parts.map(({ key }) => key)));
      const { tokens } = (await rig.plan()).embedding;
      const gates: (() => void)[] = [];
      rig.embedder.onRequest = () => new Promise((resolve) => void gates.push(resolve));
      const run = rig.embed({ batchItems, concurrency: 50 });
      await expect.poll(() => gates.length).toBe(Math.ceil(keys.size / batchItems));
      for (const open of gates.toReversed()) open();
      expect(await run).toMatchObject({ chunks: 5, texts: 4, embedded: 4, tokens });
      expect(rig.embedder.seen.inputs).toBe(keys.size);
      for (const { id, text } of records) {
        if (id === 'is a window') continue;
        expect(rig.embeddings.sliced.get(await keyOf(rig, String(id)))).toEqual(meanOf(rig, String(text)));
      }
    }
  });

  it('is sent in no larger requests than other texts', async () => {
    const rig = createCorpusRig();
    await rig.validate([LONG, SHORT, { id: 'other', text: wordsFrom(1_000, 2_000) }]);
    await rig.embed({ batchItems: 2 });
    expect(Math.max(...rig.embedder.answered.map(({ length }) => length))).toBe(2);
  });

  it('pays for no window twice when the run is killed after any request or any write of the cache', async () => {
    const records = [LONG, SHORT, { id: 'longer', text: wordsFrom(300, 900) }];
    const whole = createCorpusRig();
    await whole.load(records);
    const windows = whole.embedder.seen.inputs;
    for (let kill = 1, over = false; !over; kill += 1) {
      const rig = createCorpusRig({ concurrency: 1 });
      await rig.validate(records);
      const { cache } = rig.embeddings;
      let steps = 0;
      const dies = (): void => {
        steps += 1;
        if (steps === kill) throw new IndexingError({ code: 'disk-failed', message: 'killed' });
      };
      // Dies before a request is sent, before its reply is written, and after that.
      rig.embedder.onRequest = dies;
      const append: typeof cache.append = async (entries) => {
        await cache.append(entries);
        dies();
      };
      over = await rig.embed({ cache: { ...cache, append } }).then(
        () => true,
        () => false,
      );
      rig.embedder.onRequest = undefined;
      const { tokens } = (await rig.plan()).embedding;
      expect((await rig.embed()).tokens).toBe(tokens);
      expect(rig.embedder.seen.inputs).toBe(windows);
      expect(new Set(rig.embedder.answered.flat()).size).toBe(windows);
      expect(rig.embeddings.sliced).toEqual(whole.embeddings.sliced);
      expect((await rig.embed()).requests).toBe(0);
    }
  });

  it('is counted as cached where a run was killed between its last window and its mean', async () => {
    const rig = createCorpusRig();
    await rig.load([LONG]);
    const key = await keyOf(rig, 'long');
    rig.embeddings.paid.delete(key);
    rig.embeddings.sliced.clear();
    rig.forgetCosts();
    expect((await rig.plan()).embedding).toMatchObject({ cachedChunks: 1, texts: 0, tokens: 0 });
    expect(await rig.embed({ pay: false })).toMatchObject({ texts: 1, cached: 1, embedded: 0, left: 0, requests: 0 });
    expect(rig.embeddings.sliced.get(key)).toEqual(meanOf(rig, LONG.text));
  });

  it('is left as a whole where nothing is to be paid and a window is missing', async () => {
    const rig = createCorpusRig();
    await rig.validate([LONG, SHORT]);
    expect(await rig.embed({ pay: false })).toMatchObject({ texts: 2, left: 2, requests: 0 });
  });

  it('is refused as a whole where the service refuses one of its windows, with others that have it', async () => {
    const rig = createCorpusRig({ batchItems: 3 });
    rig.embedder.onRequest = (_, texts) => {
      if (texts.some((text) => / word300 /.test(text)))
        throw new IndexingError({ code: 'request-refused', disposition: 'reject', message: 'no' });
    };
    const records = [
      LONG,
      SHORT,
      { id: 'twin', text: `${LONG.text} twin` },
      { id: 'other', text: wordsFrom(1_000, 600) },
    ];
    const { embedded } = await rig.load(records);
    expect(embedded).toMatchObject({ texts: 4, embedded: 2, refused: 2 });
    expect(rig.artifacts.files.get(FILES.refused)).toContain('"twin"');
    expect(rig.rows.table.size).toBe(2);
    rig.embedder.onRequest = undefined;
    const asked = rig.embedder.seen.inputs;
    expect((await rig.load(records)).embedded).toMatchObject({ embedded: 2, refused: 0 });
    expect(new Set(rig.embedder.answered.flat()).size).toBe(rig.embedder.seen.inputs);
    expect(rig.embedder.seen.inputs).toBeGreaterThan(asked);
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  it('is recovered from the collection by its key, and then asks for no window', async () => {
    const { vectors, rows, ledger, load } = createCorpusRig();
    await load([LONG, SHORT]);
    const rig = createCorpusRig({ vectors, rows, ledger });
    await rig.validate([LONG, SHORT]);
    rig.forgetCosts();
    expect(await rig.recover()).toMatchObject({ wanted: 2, recovered: 2, refused: 0 });
    expect((await rig.plan()).embedding).toMatchObject({ texts: 0, tokens: 0 });
    await rig.load([LONG, SHORT]);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('has a mean that is marked as recovered where a window was', async () => {
    const [first] = sentOf(createCorpusRig(), LONG.text).parts;
    const window = { id: 'a window', text: String(first?.text) };
    const { vectors, rows, ledger, load } = createCorpusRig();
    await load([window]);
    const rig = createCorpusRig({ vectors, rows, ledger });
    await rig.validate([window, LONG]);
    await rig.recover();
    await rig.embed();
    expect(rig.embeddings.slicedRecovered).toEqual(new Set(rig.embeddings.sliced.keys()));
  });

  it.each([true, false])(
    'is repaired where it is held and its point is lost, by windows that may be paid for: %s',
    async (pay) => {
      const rig = createCorpusRig();
      await rig.load([LONG, SHORT]);
      const pointId = await rig.pointIdOf('long');
      rig.vectors.collection?.points.delete(pointId);
      rig.embeddings.paid.clear();
      rig.embeddings.sliced.clear();
      rig.forgetCosts();
      const records = [{ id: 'long', text: 7 }, SHORT];
      await rig.repair(records, { pay });
      const vector = rig.vectors.collection?.points.get(pointId)?.vector;
      expect(vector).toEqual(pay ? meanOf(rig, LONG.text) : undefined);
      expect(rig.costs().inputs).toBe(pay ? sentOf(rig, LONG.text).parts.length + 1 : 0);
    },
  );

  it('keeps its content hash whatever becomes of it, and has another key for each', async () => {
    const chunkOf = async (overlong: 'windows' | 'truncate') => {
      const rig = createCorpusRig({ overlong });
      await rig.validate([LONG]);
      const [chunk] = await collect(readChunks(rig.artifacts));
      return chunk;
    };
    const [whole, beginning] = [await chunkOf('windows'), await chunkOf('truncate')];
    expect(whole?.contentHash).toBe(beginning?.contentHash);
    expect(whole?.embeddingKey).not.toBe(beginning?.embeddingKey);
  });

  it('is rejected where it takes more than 64, with what it has and what else may become of it', async () => {
    const rig = createCorpusRig();
    const book = { id: 'book', text: 'word '.repeat(20_000) };
    expect(await rig.validate([book, SHORT])).toMatchObject({ accepted: 1, rejected: 1, overlong: { records: 0 } });
    const [reject] = (rig.artifacts.files.get(FILES.rejects) ?? '').split('\n');
    expect(JSON.parse(reject ?? '')).toMatchObject({
      code: 'too-long',
      message: expect.stringMatching(/64 windows of 256 tokens .* found 20000 .*truncate/) as string,
    });
  });

  it('is held to a cost before the first request', async () => {
    const rig = createCorpusRig({ embedder: createStubEmbedder() });
    const guardTokens = (tokens: number): void => {
      throw new IndexingError({ code: 'cost-guard', message: `${tokens} tokens` });
    };
    const failure = await failureOf(rig.run([LONG], { guardTokens }));
    const tokens = sentOf(rig, LONG.text).parts.reduce((sum, part) => sum + (part.tokens ?? 0), 0);
    expect(failure).toMatchObject({ code: 'cost-guard', message: `${tokens} tokens` });
    expect(rig.embedder.seen.requests).toBe(0);
  });
});
