import { describe, expect, it } from 'vitest';
import type { CollectionFacts, JsonObject } from '@lockstep/model';
import { collect, createMemoryVectorStore, createStubEmbedder, failureOf, stubVector } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { readChunks } from '../files/corpus-files.ts';

const inputs = (count: number): { id: string; text: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** A machine with an empty disk: another machine has loaded its corpus from `loaded`, and it now wants `records`. */
async function emptyDisk(
  loaded: readonly JsonObject[],
  records: readonly JsonObject[] = loaded,
  vectors = createMemoryVectorStore(),
): Promise<CorpusRig> {
  const { rows, ledger, load } = createCorpusRig({ vectors, batchItems: 100 });
  await load(loaded);
  const rig = createCorpusRig({ vectors, rows, ledger });
  await rig.validate(records);
  rig.forgetCosts();
  return rig;
}

async function pointOf(rig: CorpusRig, chunkId: string) {
  const point = rig.vectors.collection?.points.get(await rig.pointIdOf(chunkId));
  if (point === undefined) throw new Error('no such point');
  return point;
}

describe('a recovery', () => {
  it('reads every vector of the corpus back, so that embed pays for nothing and a load writes nothing', async () => {
    const rig = await emptyDisk(inputs(5));
    expect(await rig.recover()).toMatchObject({
      corpus: 'books',
      target: 'memory/points',
      wanted: 5,
      recovered: 5,
      refused: 0,
    });
    const done = await rig.load(inputs(5));
    expect(done.embedded).toMatchObject({ cached: 5, embedded: 0, requests: 0, tokens: 0 });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(await rig.verify('vectors')).toMatchObject({ ok: true, notComparable: 5 });
    for (const { text, embeddingKey } of await collect(readChunks(rig.artifacts))) {
      const vector = rig.embeddings.sliced.get(embeddingKey);
      for (const [at, value] of stubVector(text, 8).entries()) expect(vector?.[at]).toBeCloseTo(value, 5);
    }
  });

  it('marks what it reads as recovered in cache and slice, and leaves a vector that is paid for later unmarked', async () => {
    const rig = await emptyDisk(inputs(2), inputs(3));
    await rig.recover();
    const chunks = await collect(readChunks(rig.artifacts));
    const recovered = chunks.filter(({ chunkId }) => chunkId !== 'c2').map(({ embeddingKey }) => embeddingKey);
    expect(rig.embeddings.recovered).toEqual(new Set(recovered));
    await rig.embed();
    expect(rig.embeddings.slicedRecovered).toEqual(new Set(recovered));
    expect(rig.embeddings.sliced.size).toBe(3);
  });

  it('reads each text once, and only what the cache lacks', async () => {
    const records = ['a', 'b', 'a', 'c'].map((text, at) => ({ id: at, text }));
    const rig = await emptyDisk(records);
    await rig.validate([records[1] as JsonObject]);
    await rig.embed();
    await rig.validate(records);
    expect(await rig.recover()).toMatchObject({ wanted: 2, recovered: 2, refused: 0 });
    expect([rig.embeddings.paid.size, rig.embeddings.recovered.size]).toEqual([3, 2]);
    expect(rig.embeddings.cost.appended).toBe(3);
    rig.forgetCosts();
    expect(await rig.recover()).toMatchObject({ wanted: 0, recovered: 0, refused: 0 });
    // The form of the collection alone was asked for.
    expect(rig.vectors.cost.calls).toBe(1);
  });

  it('recovers only vectors that the corpus wants now', async () => {
    const rig = await emptyDisk(inputs(4), inputs(4).with(3, { id: 'c3', text: 'edited' }).slice(1));
    // A point that is no longer wanted is not read, whatever is in it.
    for (const { payload } of rig.vectors.collection?.points.values() ?? []) {
      if (payload['chunk_id'] === 'c0') payload['model'] = 'large-model';
    }
    expect(await rig.recover()).toMatchObject({ wanted: 3, recovered: 2, refused: 0 });
    expect(rig.embeddings.paid.size).toBe(2);
    expect(await rig.embed()).toMatchObject({ embedded: 1, cached: 2 });
  });

  it('recovers nothing from another corpus in the same collection', async () => {
    const rig = await emptyDisk(inputs(2));
    const { vectors, rows, ledger } = rig;
    const other = createCorpusRig({ corpus: 'other', vectors, rows, ledger });
    await other.validate(inputs(2));
    expect(await other.recover()).toMatchObject({ wanted: 2, recovered: 0 });
  });

  it.each([
    ['of another model', 'payload', { model: 'large-model' }],
    ['without a model', 'payload', { model: null }],
    ['of another size', 'vector', new Float32Array([1, 0, 0])],
    ['of zeros', 'vector', new Float32Array(8)],
    ['with NaN', 'vector', new Float32Array([1, 1, 1, 1, 1, 1, 1, Number.NaN])],
    ['with an infinite number', 'vector', new Float32Array([1, 1, Number.NEGATIVE_INFINITY, 1, 1, 1, 1, 1])],
  ] as const)('refuses a vector %s, and leaves it to be paid for', async (_, part, damage) => {
    const rig = await emptyDisk(inputs(3));
    const point = await pointOf(rig, 'c1');
    if (part === 'vector') point.vector = damage;
    else Object.assign(point.payload, damage);
    expect(await rig.recover()).toMatchObject({ wanted: 3, recovered: 2, refused: 1 });
    expect([...rig.embeddings.paid.values()].every((vector) => vector.every(Number.isFinite))).toBe(true);
    expect(await rig.embed()).toMatchObject({ cached: 2, embedded: 1 });
    expect(rig.embedder.answered).toEqual([['text 1']]);
  });

  it.each([0, 1])(
    'recovers the sound one of two points with the same text when point %i is damaged',
    async (damaged) => {
      const rig = await emptyDisk([
        { id: 'a', text: 'same' },
        { id: 'b', text: 'same' },
      ]);
      const ids = [...(rig.vectors.collection?.points.keys() ?? [])].toSorted();
      const point = rig.vectors.collection?.points.get(ids[damaged] ?? '');
      if (point === undefined) throw new Error('no such point');
      point.vector = new Float32Array(8);
      expect(await rig.recover()).toMatchObject({ wanted: 1, recovered: 1 });
      for (const [at, value] of stubVector('same', 8).entries()) {
        expect([...rig.embeddings.paid.values()][0]?.[at]).toBeCloseTo(value, 5);
      }
    },
  );

  it('skips a point without an embedding key', async () => {
    const rig = await emptyDisk(inputs(3));
    (await pointOf(rig, 'c0')).payload['embedding_key'] = 7;
    delete (await pointOf(rig, 'c1')).payload['embedding_key'];
    expect(await rig.recover()).toMatchObject({ wanted: 3, recovered: 1, refused: 0 });
  });

  it.each([
    [{ datatype: 'float16' }, 'float16 vectors of 8 dimensions'],
    [{ datatype: 'uint8' }, 'uint8 vectors of 8 dimensions'],
    [{ dimensions: 16 }, 'float32 vectors of 16 dimensions'],
    [{ dimensions: undefined }, 'named vectors'],
  ] as const)('refuses a collection without float32 vectors of the wanted size: %o', async (other, found) => {
    const rig = await emptyDisk(inputs(2));
    const facts: CollectionFacts = { dimensions: 8, distance: 'Cosine', datatype: 'float32', ...other };
    rig.vectors.inspect = async () => facts;
    const failure = await failureOf(rig.recover());
    expect(failure).toMatchObject({ code: 'not-recoverable', details: { target: 'memory/points', found } });
    expect(failure.message).toContain('expected float32 of 8 dimensions');
    expect(rig.embeddings.paid.size).toBe(0);
  });

  it('recovers nothing when there is no collection, and creates none', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(2));
    expect(await rig.recover()).toMatchObject({ wanted: 2, recovered: 0, refused: 0 });
    expect(rig.vectors.collection).toBeUndefined();
  });

  it('recovers nothing for another model, though the texts are the same', async () => {
    const { vectors } = await emptyDisk(inputs(2));
    const rig = createCorpusRig({ vectors, embedder: createStubEmbedder({ identity: { model: 'large-model' } }) });
    await rig.validate(inputs(2));
    expect(await rig.recover()).toMatchObject({ wanted: 2, recovered: 0 });
  });

  it('changes nothing in the stores, takes no fence, and leaves the stamps', async () => {
    const rig = await emptyDisk(inputs(3));
    const before = structuredClone([rig.vectors.collection, rig.rows.table]);
    await rig.recover();
    expect([rig.vectors.collection, rig.rows.table]).toEqual(before);
    expect(rig.ledger.cost).toMatchObject({ calls: 0, stampsRemoved: 0 });
    expect(rig.embedder.seen.requests).toBe(0);
  });

  it('stores what it has read when it is cut short, and continues from there', async () => {
    const rig = await emptyDisk(inputs(200), undefined, createMemoryVectorStore({ pageItems: 100 }));
    let asked = 0;
    const { vectors } = rig.vectors;
    rig.vectors.vectors = (pointIds, call) => {
      asked += 1;
      if (asked === 2) throw new Error('killed');
      return vectors(pointIds, call);
    };
    await expect(rig.recover()).rejects.toThrow('killed');
    const stored = rig.embeddings.paid.size;
    expect(stored).toBeGreaterThan(0);
    expect(await rig.recover()).toMatchObject({ wanted: 200 - stored, recovered: 200 - stored });
  });
});
