import { describe, expect, it } from 'vitest';
import { announceCalls, createMemoryVectorStore, createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, inBothStores, NO_COSTS, storedTexts, type CorpusRig } from '@lockstep/testing-runs';
import { STORES } from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import type { DeleteLimit } from '../compare/delete-guard.ts';
import { createProjection, payloadIndexesOf } from '../compare/projection.ts';

const inputs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** Validates and embeds a new input, and provisions for it. */
async function next(rig: CorpusRig, count: number, options?: { readonly deleteLimit: DeleteLimit }) {
  await rig.validate(inputs(count));
  await rig.embed();
  return rig.provision(options);
}

/** A rig over the same stores, which takes its fence only after `first` has ended. */
function afterwards(rig: CorpusRig, first: () => Promise<unknown>): CorpusRig {
  const { vectors, rows, artifacts, embeddings } = rig;
  let done = false;
  const ledger = announceCalls(rig.ledger, 'ledger', async (call) => {
    if (call !== 'ledger takeFence' || done) return;
    done = true;
    await first();
  });
  return createCorpusRig({ vectors, rows, ledger, artifacts, embeddings });
}

describe('the limit of deletions', () => {
  it.each([
    // before, after, refused
    [100, 79, true],
    [100, 80, false],
    [101, 80, true],
    [105, 84, false],
    [104, 83, true],
    [20, 1, false],
    [21, 1, false],
    [22, 1, true],
    [200, 161, false],
    [200, 159, true],
  ])('a change from %i chunks to %i is refused: %s', async (before, after, refused) => {
    const rig = createCorpusRig({ batchItems: 50 });
    await rig.load(inputs(before));
    rig.forgetCosts();
    const stamps = [rig.ledger.peek('books', 'qdrant'), rig.ledger.peek('books', 'neon')];
    if (!refused) return expect(await next(rig, after)).toMatchObject({ stores: { qdrant: { inStep: false } } });
    const failure = await failureOf(next(rig, after));
    expect(failure).toMatchObject({
      code: 'delete-guard',
      disposition: 'abort',
      details: { corpus: 'books', deletes: before - after, before },
    });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect([rig.ledger.peek('books', 'qdrant'), rig.ledger.peek('books', 'neon')]).toEqual(stamps);
    // No load can go on from a run that was refused.
    expect(await failureOf(rig.loadQdrant())).toMatchObject({ code: 'artifact-missing' });
    expect(await failureOf(rig.loadNeon())).toMatchObject({ code: 'artifact-missing' });
    expect(rig.rows.table.size).toBe(before);
  });

  it('deletions are done when a higher limit allows them', async () => {
    const rig = createCorpusRig({ batchItems: 50 });
    await rig.load(inputs(60));
    await next(rig, 5, { deleteLimit: { percent: 100, count: 0 } });
    expect([(await rig.loadQdrant()).deleted, (await rig.loadNeon()).deleted]).toEqual([55, 55]);
  });

  it('too many deletions in the rows alone are refused as well', async () => {
    const rig = createCorpusRig({ batchItems: 50 });
    await rig.load(inputs(60));
    rig.vectors.collection?.points.clear();
    rig.forgetCosts();
    expect(await failureOf(next(rig, 5))).toMatchObject({ code: 'delete-guard', details: { store: 'neon' } });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('held and kept chunks do not count as deletions', async () => {
    const held = createCorpusRig({ batchItems: 50 });
    await held.load(inputs(60));
    await held.load([
      ...inputs(5),
      ...inputs(60)
        .slice(5)
        .map(({ id }) => ({ id })),
    ]);
    const kept = createCorpusRig({ batchItems: 50, deletes: 'none' });
    await kept.load(inputs(60));
    await kept.load(inputs(5));
    expect([held.rows.table.size, kept.rows.table.size]).toEqual([60, 60]);
  });
});

describe('provision', () => {
  it('refuses a collection with points of another model, of whatever corpus, and names both models', async () => {
    const { vectors, rows, ledger } = createCorpusRig();
    const small = createCorpusRig({ corpus: 'small', vectors, rows, ledger });
    await small.load(inputs(3));
    small.forgetCosts();
    const embedder = createStubEmbedder({ identity: { model: 'large-model' } });
    for (const corpus of ['small', 'other']) {
      const large = createCorpusRig({ corpus, vectors, rows, ledger, embedder });
      const failure = await failureOf(next(large, 3));
      expect(failure).toMatchObject({
        code: 'model-mismatch',
        details: { found: 'stub-model', expected: 'large-model' },
      });
      expect(failure.message).toMatch(/stub-model.*large-model/);
    }
    expect({ ...small.costs(), requests: 0, inputs: 0 }).toEqual(NO_COSTS);
    expect(await small.verify('vectors')).toMatchObject({ ok: true });
  });

  it('refuses a collection of other dimensions', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(2));
    const { vectors, rows, ledger } = rig;
    const wide = createCorpusRig({
      vectors,
      rows,
      ledger,
      embedder: createStubEmbedder({ identity: { dimensions: 16 } }),
    });
    expect(await failureOf(next(wide, 2))).toMatchObject({ code: 'model-mismatch' });
    expect(vectors.collection?.points.size).toBe(2);
  });

  it('gives a fresh nonce when the wanted digest, the live count or the store itself has changed', async () => {
    const rig = createCorpusRig();
    const { run } = await rig.load(inputs(4));
    const nonce = run.stores.qdrant?.nonce;
    expect((await rig.provision()).stores.qdrant).toMatchObject({ inStep: true, nonce });
    expect((await next(rig, 3)).stores.qdrant).toMatchObject({ inStep: false });
    expect((await next(rig, 4)).stores.qdrant).toMatchObject({ inStep: true, nonce });
    const [first] = rig.vectors.collection?.points.keys() ?? [];
    rig.vectors.collection?.points.delete(first ?? '');
    const counted = (await rig.provision()).stores;
    expect(counted.qdrant).toMatchObject({ inStep: false, plan: { add: 1, unchanged: 3 } });
    expect(counted.qdrant?.nonce).not.toBe(nonce);
    expect(counted.neon).toMatchObject({ inStep: true });
    const { rows, ledger, embeddings, artifacts } = rig;
    const moved = createCorpusRig({
      rows,
      ledger,
      embeddings,
      artifacts,
      vectors: createMemoryVectorStore({ target: 'elsewhere/points' }),
    });
    expect((await moved.provision()).stores.qdrant).toMatchObject({ inStep: false, plan: { add: 4 } });
  });

  it('gives a fresh nonce to a store that is not in step, even when a branch is switched there and back', async () => {
    const rig = createCorpusRig();
    const nonces: (string | undefined)[] = [];
    for (const count of [3, 4, 3, 4]) {
      const { run } = await rig.load(inputs(count));
      nonces.push(run.stores.qdrant?.nonce);
      expect(rig.artifacts.files.get(FILES.qdrantNonce)).toBe(`${nonces.at(-1)}\n`);
    }
    expect(new Set(nonces).size).toBe(4);
  });

  it('takes the next fence of the corpus in the ledger and beside the rows, even when one of them was reset', async () => {
    const rig = createCorpusRig();
    expect((await next(rig, 1)).fence).toBe(1);
    expect((await rig.provision()).fence).toBe(2);
    await rig.rows.raiseFence('books', 40);
    const { fence, runId } = await rig.provision();
    expect([fence, await rig.rows.fence('books')]).toEqual([41, 41]);
    expect(await rig.ledger.fenceHolder('books')).toMatchObject({ fence: 41, runId });
  });

  it('writes only the nonces and the run, the run last, between its mark and the removal of it', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(1));
    rig.artifacts.journal.length = 0;
    await rig.provision();
    expect(rig.artifacts.journal).toEqual([
      'wrote attempts/provision.json',
      `wrote ${FILES.qdrantNonce}`,
      `wrote ${FILES.neonNonce}`,
      `wrote ${FILES.run}`,
      'removed attempts/provision.json',
    ]);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('creates the collection with an index for each field that is filtered by', async () => {
    const rig = createCorpusRig({ payload: ['page_number', 'created_at', 'tag', 'loc.lines.from'] });
    await rig.validate([{ id: 'a', text: 'one', tag: 't', loc: { lines: { from: 1 } } }]);
    await rig.provision();
    expect(rig.vectors.collection).toMatchObject({
      dimensions: 8,
      indexes: {
        corpus: 'keyword',
        document_id: 'keyword',
        model: 'keyword',
        page_number: 'integer',
        created_at: 'datetime',
        tag: 'keyword',
        'loc.lines.from': 'keyword',
      },
    });
  });
});

describe('a provision that is refused', () => {
  /** A run of 60 chunks that holds the fence and has not loaded yet, and another over its stores. */
  async function underway(embedder = createStubEmbedder()) {
    const first = createCorpusRig({ batchItems: 50 });
    await first.load(inputs(60));
    await next(first, 59);
    const { vectors, rows, ledger } = first;
    return { first, second: createCorpusRig({ vectors, rows, ledger, embedder }) };
  }

  it.each([
    ['deletes', 'delete-guard', createStubEmbedder()],
    ['the model', 'model-mismatch', createStubEmbedder({ identity: { model: 'large-model' } })],
    ['the dimensions', 'model-mismatch', createStubEmbedder({ identity: { dimensions: 16 } })],
  ])(
    'a provision that is refused for %s overtakes nobody, and the run under way succeeds',
    async (_, code, embedder) => {
      const { first, second } = await underway(embedder);
      const before = await first.ledger.fenceHolder('books');
      expect(await failureOf(next(second, 5))).toMatchObject({ code });
      expect(await first.ledger.fenceHolder('books')).toEqual(before);
      expect(await first.rows.fence('books')).toBe(before?.fence);
      expect(await first.ledger.runs({ limit: 9 })).toHaveLength(2);
      await first.loadQdrant();
      await first.loadNeon();
      expect(await first.verify()).toMatchObject({ ok: true, counts: { qdrant: 59, neon: 59 } });
    },
  );
});

describe('a provision that has taken its fence', () => {
  it('finds stamps that an equal run has written since the first probe, and gives their nonces', async () => {
    const first = createCorpusRig();
    await next(first, 4);
    const { vectors, rows, ledger } = first;
    const other = createCorpusRig({ vectors, rows, ledger });
    await other.validate(inputs(4));
    const second = afterwards(other, async () => {
      await first.loadQdrant();
      await first.loadNeon();
    });
    const { stores } = await second.provision();
    for (const store of STORES) {
      const { nonce } = ledger.peek('books', store) ?? {};
      expect(nonce).toBeDefined();
      expect(stores[store]).toMatchObject({ inStep: true, depth: 'labels', count: 4, nonce, stamp: nonce });
    }
  });

  it('notices that a stamp was withdrawn since the first probe, and has everything compared', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    const second = afterwards(rig, () => rig.ledger.removeStamp('books', 'neon'));
    const { stores } = await second.provision();
    expect(stores.qdrant).toMatchObject({ inStep: true, depth: 'labels' });
    expect(stores.neon).toMatchObject({ inStep: false, depth: 'content', stamp: null, plan: { unchanged: 4 } });
    expect(stores.neon?.nonce).not.toBe(rig.ledger.peek('books', 'qdrant')?.nonce);
  });

  it('plans again for a store whose count has changed since the first probe', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    await next(rig, 5);
    const second = afterwards(rig, async () => rig.rows.table.delete([...rig.rows.table.keys()][0] ?? ''));
    const { stores } = await second.provision();
    expect([stores.qdrant?.plan?.add, stores.neon?.plan?.add]).toEqual([1, 2]);
  });

  it('refuses to delete what another run has added since the first probe', async () => {
    const first = createCorpusRig({ batchItems: 50 });
    await first.load(inputs(30));
    await next(first, 60);
    const { vectors, rows, ledger } = first;
    const other = createCorpusRig({ vectors, rows, ledger });
    await other.validate(inputs(30));
    const second = afterwards(other, async () => {
      await first.loadQdrant();
      await first.loadNeon();
    });
    const failure = await failureOf(second.provision());
    expect(failure).toMatchObject({ code: 'delete-guard', details: { deletes: 30, before: 60 } });
    expect([rows.table.size, vectors.collection?.points.size]).toEqual([60, 60]);
    expect(await failureOf(second.loadNeon())).toMatchObject({ code: 'artifact-missing' });
  });
});

describe('a provision that trusts nothing', () => {
  it('withdraws the stamps, and has content and vectors put right whose labels are right', async () => {
    const rig = createCorpusRig({ payload: ['chapter_title'] });
    const { run } = await rig.load(inputs(4));
    const [one, two] = [...(rig.vectors.collection?.points.values() ?? [])];
    const [row] = rig.rows.table.values();
    if (one === undefined || two === undefined || row === undefined) throw new Error('nothing was loaded');
    two.vector = one.vector.slice();
    one.payload['chapter_title'] = 'edited';
    row.text = 'edited';
    // Stamps and labels are right, so that a load would do nothing.
    expect((await rig.provision()).stores).toMatchObject({ qdrant: { inStep: true }, neon: { inStep: true } });
    const { stores, fence } = await rig.provision({ trust: 'nothing' });
    expect(fence).toBe((run.fence ?? 0) + 2);
    expect([rig.ledger.peek('books', 'qdrant'), rig.ledger.peek('books', 'neon')]).toEqual([undefined, undefined]);
    const expected = { inStep: false, depth: 'content', stamp: null };
    expect(stores).toMatchObject({ qdrant: expected, neon: expected });
    expect(stores.qdrant?.nonce).not.toBe(run.stores.qdrant?.nonce);
    rig.forgetCosts();
    await rig.loadQdrant();
    await rig.loadNeon();
    expect(rig.costs()).toEqual({ ...NO_COSTS, upserted: 1, payloads: 1, written: 1 });
    expect(storedTexts(rig)).toEqual(inBothStores(Object.fromEntries(inputs(4).map(({ id, text }) => [id, text]))));
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  it('does not believe the stamp of a load that ended meanwhile', async () => {
    const first = createCorpusRig();
    await next(first, 3);
    const { vectors, rows, ledger } = first;
    const other = createCorpusRig({ vectors, rows, ledger });
    await other.validate(inputs(3));
    const second = afterwards(other, () => first.loadQdrant());
    const { stores } = await second.provision({ trust: 'nothing' });
    expect(ledger.peek('books', 'qdrant')).toBeUndefined();
    expect(stores.qdrant).toMatchObject({ inStep: false, depth: 'content', count: 3 });
  });
});

describe('the run table', () => {
  it('has an entry for a run as soon as the run holds its fence, with its kind and its targets', async () => {
    const rig = createCorpusRig();
    await next(rig, 2);
    const run = await rig.provision({ trust: 'nothing' });
    const [entry, first] = await rig.ledger.runs({ corpus: 'books', limit: 9 });
    expect(entry).toEqual({
      corpus: 'books',
      runId: run.runId,
      fence: run.fence,
      kind: 'repair',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      model: 'stub-model',
      qdrantTarget: 'memory/points',
      neonTarget: 'memory/rows',
      overlong: 'windows',
      shape: '{"fields":{},"ids":"id","shape":"lockstep"}',
      startedAt: '1970-01-01T00:00:00.000Z',
    });
    expect(first).toMatchObject({ kind: 'load', fence: 1, digest: entry?.digest });
  });
});

describe('a projection', () => {
  it('has the same id for the same fields in another order, and another id for other fields', () => {
    const idOf = (...fields: string[]) => createProjection({ corpus: 'c', model: 'm', fields }).id;
    expect(idOf('a', 'b')).toBe(idOf('b', 'a', 'b'));
    expect(new Set([idOf(), idOf('a'), idOf('b'), idOf('a', 'b')]).size).toBe(4);
  });

  it('indexes a field that is named like a property of every object', () => {
    const projection = createProjection({ corpus: 'c', model: 'm', fields: ['constructor'] });
    expect(payloadIndexesOf(projection)).toHaveProperty('constructor', 'keyword');
  });
});
