import { describe, expect, it } from 'vitest';
import {
  createCorpusRig,
  createMemoryVectorStore,
  createStubEmbedder,
  failureOf,
  NO_COSTS,
  type CorpusRig,
} from '@lockstep/testing';
import { FILES } from './corpus-files.ts';
import type { DeleteLimit } from './delete-guard.ts';
import { createProjection, payloadIndexesOf } from './projection.ts';

const inputs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** Validates and embeds a new input, and provisions for it. */
async function next(rig: CorpusRig, count: number, options?: { readonly deleteLimit: DeleteLimit }) {
  await rig.validate(inputs(count));
  await rig.embed();
  return rig.provision(options);
}

describe('the guard of deletes', () => {
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
  ])('of %i chunks down to %i refuses: %s', async (before, after, refused) => {
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

  it('lets through what is allowed explicitly', async () => {
    const rig = createCorpusRig({ batchItems: 50 });
    await rig.load(inputs(60));
    await next(rig, 5, { deleteLimit: { percent: 100, count: 0 } });
    expect([(await rig.loadQdrant()).deleted, (await rig.loadNeon()).deleted]).toEqual([55, 55]);
  });

  it('looks at both stores: too many in the rows alone refuse as well', async () => {
    const rig = createCorpusRig({ batchItems: 50 });
    await rig.load(inputs(60));
    rig.vectors.collection?.points.clear();
    rig.forgetCosts();
    expect(await failureOf(next(rig, 5))).toMatchObject({ code: 'delete-guard', details: { store: 'neon' } });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('does not count what is held or kept', async () => {
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
  it('refuses points of another model, whatever corpus they are of, and names both', async () => {
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

  it('gives a fresh nonce when the wanted digest, the live count, or the store itself is another', async () => {
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

  it('never gives a nonce twice for what is not in step, also when a branch is switched there and back', async () => {
    const rig = createCorpusRig();
    const nonces: (string | undefined)[] = [];
    for (const count of [3, 4, 3, 4]) {
      const { run } = await rig.load(inputs(count));
      nonces.push(run.stores.qdrant?.nonce);
      expect(rig.artifacts.files.get(FILES.qdrantNonce)).toBe(`${nonces.at(-1)}\n`);
    }
    expect(new Set(nonces).size).toBe(4);
  });

  it('takes the next fence of the corpus, in the ledger and beside the rows, also where one of them was reset', async () => {
    const rig = createCorpusRig();
    expect((await next(rig, 1)).fence).toBe(1);
    expect((await rig.provision()).fence).toBe(2);
    await rig.rows.raiseFence('books', 40);
    const { fence, runId } = await rig.provision();
    expect([fence, await rig.rows.fence('books')]).toEqual([41, 41]);
    expect(await rig.ledger.fenceHolder('books')).toMatchObject({ fence: 41, runId });
  });

  it('writes the nonces and the run alone, the run last', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(1));
    rig.artifacts.journal.length = 0;
    await rig.provision();
    expect(rig.artifacts.journal).toEqual([
      `wrote ${FILES.qdrantNonce}`,
      `wrote ${FILES.neonNonce}`,
      `wrote ${FILES.run}`,
    ]);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('makes the collection with an index for each field that is filtered by', async () => {
    const rig = createCorpusRig({ payload: ['page_number', 'created_at', 'tag'] });
    await next(rig, 1);
    expect(rig.vectors.collection).toMatchObject({
      dimensions: 8,
      indexes: {
        corpus: 'keyword',
        document_id: 'keyword',
        model: 'keyword',
        page_number: 'integer',
        created_at: 'datetime',
        tag: 'keyword',
      },
    });
  });
});

describe('a projection', () => {
  it('is the same for the same fields in another order, and another one for other fields', () => {
    const idOf = (...fields: string[]) => createProjection({ corpus: 'c', model: 'm', fields }).id;
    expect(idOf('a', 'b')).toBe(idOf('b', 'a', 'b'));
    expect(new Set([idOf(), idOf('a'), idOf('b'), idOf('a', 'b')]).size).toBe(4);
  });

  it('indexes a field whose name every object knows', () => {
    const projection = createProjection({ corpus: 'c', model: 'm', fields: ['constructor'] });
    expect(payloadIndexesOf(projection)).toHaveProperty('constructor', 'keyword');
  });
});
