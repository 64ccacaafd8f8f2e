import { describe, expect, it } from 'vitest';
import { STORES, type DeleteMode, type JsonObject } from '@lockstep/model';
import { createMemoryVectorStore, createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { planCorpus } from './plan-corpus.ts';

const inputs = (count: number): { id: string; text: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** A copy of everything in the files, stores, ledger and embeddings of a rig. */
function everything(rig: CorpusRig): unknown {
  const { artifacts, vectors, rows, ledger, embeddings } = rig;
  return structuredClone({
    files: artifacts.files,
    collection: vectors.collection,
    table: rows.table,
    stamps: [ledger.peek('books', 'qdrant'), ledger.peek('books', 'neon')],
    paid: embeddings.paid,
    sliced: embeddings.sliced,
  });
}

async function pointOf(rig: CorpusRig, chunkId: string) {
  const point = rig.vectors.collection?.points.get(await rig.pointIdOf(chunkId));
  if (point === undefined) throw new Error('no such point');
  return point;
}

async function rowOf(rig: CorpusRig, chunkId: string) {
  const row = rig.rows.table.get(await rig.pointIdOf(chunkId));
  if (row === undefined) throw new Error('no such row');
  return row;
}

/** The counts of a plan: 0, except for those given. */
const counts = (changed: object) => ({
  add: 0,
  change: 0,
  delete: 0,
  unchanged: 0,
  held: 0,
  kept: 0,
  reasons: {},
  ...changed,
});

describe('a plan and the load after it', () => {
  /** Plans and loads the same records, and expects both to report the same changes and costs. */
  async function planned(rig: CorpusRig, records: readonly JsonObject[]) {
    await rig.validate(records);
    rig.forgetCosts();
    const before = everything(rig);
    const plan = await rig.plan();
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(everything(rig)).toEqual(before);
    const done = await rig.load(records);
    expect(plan.stores.qdrant?.plan).toEqual(done.qdrant.plan);
    expect(plan.stores.neon?.plan).toEqual(done.neon.plan);
    expect([plan.stores.qdrant?.count, plan.stores.neon?.count]).toEqual([
      done.qdrant.countBefore,
      done.neon.countBefore,
    ]);
    const { texts, tokens, tokensSaved } = plan.embedding;
    expect(done.embedded).toMatchObject({ embedded: texts, tokens, tokensSaved });
    return plan;
  }

  it('a plan for empty stores says that everything is missing, as the load then finds', async () => {
    const plan = await planned(createCorpusRig(), [...inputs(3), { id: 'no text' }]);
    const all = counts({ add: 3, reasons: { missing: 3 } });
    expect(plan).toMatchObject({
      corpus: 'books',
      input: { accepted: 3, rejected: 1, held: 1 },
      embedder: { model: 'stub-model', dimensions: 8, host: null },
      embedding: { cachedChunks: 0, texts: 3, tokens: 6, tokensSaved: 0 },
      stores: {
        qdrant: { target: 'memory/points', count: 0, inStep: false, depth: 'content', plan: all },
        neon: { target: 'memory/rows', count: 0, inStep: false, depth: 'content', plan: all },
      },
    });
  });

  it('a plan says that nothing is to be done when nothing changed, as the load then finds', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    const plan = await planned(rig, inputs(3).toReversed());
    expect(plan.embedding).toMatchObject({ cachedChunks: 3, texts: 0, tokens: 0 });
    for (const store of [plan.stores.qdrant, plan.stores.neon]) {
      expect(store).toMatchObject({ inStep: true, plan: counts({ unchanged: 3 }) });
    }
  });

  it('a plan counts edited texts and metadata and new and deleted chunks as the load then does', async () => {
    const rig = createCorpusRig({ payload: ['chapter_title'] });
    await rig.load(inputs(6));
    const edited = inputs(4).with(0, { id: 'c0', text: 'edited' });
    const plan = await planned(rig, [
      ...edited.with(1, { ...inputs(2)[1], chapter_title: 'new' } as never),
      { id: 'c4', text: 7 },
      { id: 'new', text: 'new' },
    ]);
    const expected = counts({
      add: 1,
      change: 2,
      delete: 1,
      unchanged: 2,
      held: 1,
      reasons: { missing: 1, text: 1, metadata: 1 },
    });
    // Both have a stamp, of another digest: their labels are believed.
    const store = { inStep: false, depth: 'labels', plan: expected };
    expect(plan.stores).toMatchObject({ qdrant: store, neon: store });
    expect(plan.embedding).toMatchObject({ cachedChunks: 3, texts: 2, tokens: 2 });
  });

  it('a plan says what one store alone has lost, as the load then finds', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    rig.vectors.collection?.points.delete(await rig.pointIdOf('c0'));
    const plan = await planned(rig, inputs(3));
    expect(plan.stores).toMatchObject({
      qdrant: { inStep: false, plan: counts({ add: 1, unchanged: 2, reasons: { missing: 1 } }) },
      neon: { inStep: true, plan: counts({ unchanged: 3 }) },
    });
  });

  it('a plan says that every payload and no row changes when the corpus lists other fields for filtering', async () => {
    const before = createCorpusRig();
    await before.load(inputs(3));
    const { vectors, rows, ledger, embeddings } = before;
    const rig = createCorpusRig({ vectors, rows, ledger, embeddings, payload: ['chapter_title'] });
    const plan = await planned(rig, inputs(3));
    expect(plan.stores).toMatchObject({
      qdrant: { plan: counts({ change: 3, reasons: { projection: 3 } }) },
      neon: { plan: counts({ unchanged: 3 }) },
    });
    expect(plan.embedding.texts).toBe(0);
  });

  it('a plan says that a point without a model is to be written, as the load then does', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    delete (await pointOf(rig, 'c1')).payload['model'];
    await rig.verify('ids');
    const plan = await planned(rig, inputs(3));
    expect(plan.stores.qdrant?.plan).toEqual(counts({ change: 1, unchanged: 2, reasons: { model: 1 } }));
  });

  it('a plan finds drifted content in a store without a stamp, as the load then does', async () => {
    const rig = createCorpusRig({ payload: ['chapter_title'] });
    await rig.load(inputs(4));
    (await pointOf(rig, 'c0')).payload['chapter_title'] = 'edited';
    (await pointOf(rig, 'c1')).vector = (await pointOf(rig, 'c2')).vector.slice();
    (await rowOf(rig, 'c3')).text = 'edited';
    for (const store of STORES) await rig.ledger.removeStamp('books', store);
    const plan = await planned(rig, inputs(4));
    expect(plan.stores).toMatchObject({
      qdrant: { depth: 'content', plan: counts({ change: 2, unchanged: 2, reasons: { drift: 2 } }) },
      neon: { depth: 'content', plan: counts({ change: 1, unchanged: 3, reasons: { drift: 1 } }) },
    });
  });

  it.each([
    ['full', { delete: 4, kept: 0 }],
    ['document', { delete: 1, kept: 3 }],
    ['none', { delete: 0, kept: 4 }],
  ] as const)(
    'a plan with delete mode %s says what is deleted and what is kept, as the load then does',
    async (deletes: DeleteMode, expected) => {
      const documents = (...pairs: readonly (readonly [string, string?])[]): JsonObject[] =>
        pairs.map(([id, document]) => ({ id, text: id, ...(document === undefined ? {} : { document_id: document }) }));
      const rig = createCorpusRig({ deletes });
      await rig.load(documents(['a1', 'a'], ['a2', 'a'], ['b1', 'b'], ['b2', 'b'], ['n1']));
      const plan = await planned(rig, documents(['a1', 'a']));
      for (const store of [plan.stores.qdrant, plan.stores.neon]) {
        expect(store?.plan).toEqual(counts({ unchanged: 1, ...expected }));
      }
    },
  );
});

describe('what a plan leaves alone', () => {
  it('a plan writes nothing, even without collection, table and ledger, and sends the embedder no request', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(5));
    const before = everything(rig);
    const journal = [...rig.artifacts.journal];
    for (const options of [{}, { trust: 'nothing' }, { trust: 'stamps' }] as const) await rig.plan(options);
    expect(everything(rig)).toEqual(before);
    expect(rig.vectors.collection).toBeUndefined();
    expect(rig.artifacts.journal).toEqual(journal);
    expect(rig.artifacts.leaks()).toEqual({ writers: 0, scratches: 0 });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect([...rig.vectors.journal, ...rig.rows.journal]).toEqual([]);
    expect(rig.embeddings.cost).toEqual({ appends: 0, appended: 0, slices: 0 });
    expect(await rig.rows.fence('books')).toBe(0);
    expect(await rig.ledger.fenceHolder('books')).toBeUndefined();
    expect(await rig.ledger.runs({ limit: 9 })).toEqual([]);
  });

  it('a plan writes nothing when the stores differ, and leaves fence and stamps to the run that has them', async () => {
    const rig = createCorpusRig();
    const { run } = await rig.load(inputs(3));
    (await rowOf(rig, 'c0')).text = 'edited';
    (await pointOf(rig, 'c1')).payload['chapter_title'] = 'edited';
    rig.vectors.collection?.points.delete(await rig.pointIdOf('c2'));
    const before = everything(rig);
    for (const options of [{}, { trust: 'nothing' }, { trust: 'stamps' }] as const) await rig.plan(options);
    expect(everything(rig)).toEqual(before);
    expect(rig.ledger.cost.stampsRemoved).toBe(0);
    expect(await rig.ledger.fenceHolder('books')).toMatchObject({ fence: run.fence });
  });
});

describe('the costs in a plan', () => {
  it('a plan counts each text once, and none that is in the cache', async () => {
    const rig = createCorpusRig();
    await rig.load([{ id: 'known', text: 'one two three' }]);
    const texts = ['one two three', 'four five', 'six', 'four five', 'six', 'four five'];
    await rig.validate(texts.map((text, at) => ({ id: at, text })));
    const { embedding } = await rig.plan();
    // Bytes: 13 in the cache, 9 and 3 to be paid for, 9 + 9 + 3 again; four to a token.
    expect(embedding).toEqual({ cachedChunks: 1, texts: 2, tokens: 3, tokensSaved: Math.round((13 + 21) / 4) });
    expect(await rig.embed()).toMatchObject({ embedded: 2, tokens: 3, tokensSaved: embedding.tokensSaved });
  });

  it('a plan counts bytes, not characters, for the tokens saved', async () => {
    const rig = createCorpusRig();
    const whales = { id: 'whales', text: '\u{1F433}'.repeat(10) };
    await rig.load([whales]);
    await rig.validate([whales, { id: 'new', text: '\u{1F40B}'.repeat(10) }]);
    expect((await rig.plan()).embedding).toEqual({ cachedChunks: 1, texts: 1, tokens: 1, tokensSaved: 10 });
  });
});

describe('what a plan compares', () => {
  it('a plan compares a store with a fitting stamp by its labels', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    (await rowOf(rig, 'c0')).contentHash = 'old';
    (await pointOf(rig, 'c1')).payload['embedding_key'] = 'old';
    (await rowOf(rig, 'c2')).text = 'edited';
    expect((await rig.plan()).stores).toMatchObject({
      qdrant: { inStep: true, depth: 'labels', plan: { change: 1, reasons: { text: 1 } } },
      neon: { inStep: true, depth: 'labels', plan: { change: 1, reasons: { metadata: 1 } } },
    });
  });

  it('a plan that trusts stamps compares only stores without a fitting one', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    await rig.ledger.removeStamp('books', 'neon');
    rig.forgetCosts();
    const { qdrant, neon } = (await rig.plan({ trust: 'stamps' })).stores;
    expect(qdrant).toMatchObject({ inStep: true, count: 3 });
    expect(qdrant).not.toHaveProperty('plan');
    expect(neon).toMatchObject({ inStep: false, plan: counts({ unchanged: 3 }) });
    // The collection was counted, and asked for its form and its models; nothing was read.
    expect(rig.vectors.cost.calls).toBe(3);
  });

  it('a plan that trusts nothing compares content and vectors, whatever the stamps say', async () => {
    const rig = createCorpusRig({ payload: ['chapter_title'] });
    await rig.load(inputs(4));
    (await pointOf(rig, 'c0')).payload['chapter_title'] = 'edited';
    (await pointOf(rig, 'c1')).vector = (await pointOf(rig, 'c2')).vector.slice();
    (await rowOf(rig, 'c3')).text = 'edited';
    expect((await rig.plan()).stores).toMatchObject({
      qdrant: { plan: counts({ unchanged: 4 }) },
      neon: { plan: counts({ unchanged: 4 }) },
    });
    expect((await rig.plan({ trust: 'nothing' })).stores).toMatchObject({
      qdrant: { inStep: false, depth: 'content', plan: counts({ change: 2, unchanged: 2, reasons: { drift: 2 } }) },
      neon: { inStep: false, depth: 'content', plan: counts({ change: 1, unchanged: 3, reasons: { drift: 1 } }) },
    });
  });

  it('a plan compares vectors with those of the cache, and accepts those that the cache lacks', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(2));
    (await pointOf(rig, 'c0')).vector = (await pointOf(rig, 'c1')).vector.slice();
    const { embeddingKey } = await rowOf(rig, 'c0');
    expect((await rig.plan({ trust: 'nothing' })).stores.qdrant?.plan).toMatchObject({ change: 1 });
    rig.embeddings.paid.delete(embeddingKey);
    expect((await rig.plan({ trust: 'nothing' })).stores.qdrant?.plan).toMatchObject({ unchanged: 2 });
  });

  it('a plan compares one store alone when it is given only that one', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(2));
    const { context, vectors, rows, embedder, projection, embeddings } = rig;
    const { identity } = embedder;
    const counter = async () => embedder;
    const { cache } = embeddings;
    const options = { identity, counter, cache, projection, deletes: 'full', trust: 'labels' } as const;
    const points = await planCorpus(context, { ...options, vectors });
    expect(Object.keys(points.stores)).toEqual(['qdrant']);
    const stored = await planCorpus(context, { ...options, rows });
    expect(Object.keys(stored.stores)).toEqual(['neon']);
    // Without a ledger there is no stamp to go by.
    expect(stored.stores.neon).toMatchObject({ inStep: false, depth: 'content', plan: counts({ unchanged: 2 }) });
  });
});

describe('a plan is refused', () => {
  it('a plan is refused when the collection has points of another model, and names both models', async () => {
    const small = createCorpusRig();
    await small.load(inputs(2));
    const { vectors, rows, ledger } = small;
    const embedder = createStubEmbedder({ identity: { model: 'large-model' } });
    const large = createCorpusRig({ corpus: 'other', vectors, rows, ledger, embedder });
    await large.validate(inputs(1));
    const failure = await failureOf(large.plan());
    expect(failure).toMatchObject({
      code: 'model-mismatch',
      details: { found: 'stub-model', expected: 'large-model', target: 'memory/points' },
    });
    expect(failure.message).toMatch(/stub-model.*large-model/);
  });

  it('a plan is refused when the collection has other dimensions, and names both', async () => {
    const vectors = createMemoryVectorStore();
    await vectors.ensure({ dimensions: 16, indexes: {} });
    const rig = createCorpusRig({ vectors });
    await rig.validate(inputs(1));
    const failure = await failureOf(rig.plan());
    expect(failure).toMatchObject({ code: 'model-mismatch', details: { found: '16 dimensions', expected: 8 } });
    expect(failure.message).toMatch(/16 dimensions.*8 dimensions/);
    vectors.inspect = async () => ({ dimensions: undefined, distance: undefined, datatype: undefined });
    expect(await failureOf(rig.plan())).toMatchObject({ details: { found: 'named vectors' } });
    vectors.inspect = async () => ({ dimensions: 8, distance: 'Cosine', datatype: 'uint8' });
    expect(await failureOf(rig.plan())).toMatchObject({ code: 'model-mismatch', details: { found: 'uint8' } });
    vectors.inspect = async () => ({ dimensions: 8, distance: 'Cosine', datatype: 'float16' });
    expect((await rig.plan()).embedding.texts).toBe(1);
  });

  it('a plan fails when nothing was validated', async () => {
    expect(await failureOf(createCorpusRig().plan())).toMatchObject({ code: 'artifact-missing' });
  });
});

describe('chunks that are stored under another name', () => {
  const records = Array.from({ length: 4 }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

  it('are found for a corpus of which the stores hold nothing, with how many and where, by one query', async () => {
    const { vectors, rows, ledger, load } = createCorpusRig({ corpus: 'before' });
    await load(records);
    const now = createCorpusRig({ corpus: 'now', vectors, rows, ledger });
    await now.validate([...records.slice(0, 3), { id: 'c3', text: 'edited' }]);
    expect((await now.plan()).elsewhere).toEqual({ asked: 4, corpora: [{ corpus: 'before', count: 3 }] });
    const empty = createCorpusRig({ corpus: 'empty', rows });
    await empty.validate([{ id: 'another', text: 'another' }]);
    expect((await empty.plan()).elsewhere).toBeNull();
  });

  it('are not looked for once the stores hold something of the corpus', async () => {
    const { vectors, rows, ledger, load } = createCorpusRig({ corpus: 'before' });
    await load(records);
    const now = createCorpusRig({ corpus: 'now', vectors, rows, ledger });
    await now.load(records.slice(0, 1));
    await now.validate(records);
    rows.elsewhere = () => Promise.reject(new Error('asked'));
    expect((await now.plan()).elsewhere).toBeNull();
  });
});
