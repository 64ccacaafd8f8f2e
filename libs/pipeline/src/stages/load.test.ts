import { describe, expect, it } from 'vitest';
import { contentHashOf, IndexingError, STORES, type JsonObject } from '@lockstep/model';
import { failureOf, stubVector } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { FILES } from '../files/corpus-files.ts';

const inputs = (count: number, from = 0): JsonObject[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at + from}`, text: `text ${at + from}` }));

/** Ids of the chunks in each store, sorted. */
function storedIds(rig: CorpusRig): { points: unknown[]; rows: unknown[] } {
  const points = [...(rig.vectors.collection?.points.values() ?? [])].map(({ payload }) => payload['chunk_id']);
  const rows = [...rig.rows.table.values()].map(({ chunkId }) => chunkId);
  return { points: points.toSorted(), rows: rows.toSorted() };
}

const both = (ids: readonly string[]) => ({ points: ids.toSorted(), rows: ids.toSorted() });

describe('a first load', () => {
  it('puts every chunk into both stores, and stamps both', async () => {
    const rig = createCorpusRig({ payload: ['page_number', 'tag'] });
    const done = await rig.load([{ id: 'a', text: 'x', page_number: 1, tag: 'new', document_id: 'd' }, ...inputs(6)]);
    expect(storedIds(rig)).toEqual(both(['a', 'c0', 'c1', 'c2', 'c3', 'c4', 'c5']));
    const plan = { add: 7, change: 0, delete: 0, unchanged: 0, held: 0, kept: 0, reasons: { missing: 7 } };
    expect(done.qdrant).toMatchObject({ countBefore: 0, countAfter: 7, written: 7, deleted: 0, plan });
    expect(done.neon).toMatchObject({ countBefore: 0, countAfter: 7, written: 7, deleted: 0, plan });
    const pointId = await rig.pointIdOf('a');
    const row = rig.rows.table.get(pointId);
    expect(row).toMatchObject({ corpus: 'books', chunkId: 'a', documentId: 'd', text: 'x', pageNumber: 1 });
    expect(rig.vectors.collection?.points.get(pointId)?.payload).toEqual({
      corpus: 'books',
      chunk_id: 'a',
      document_id: 'd',
      model: 'stub-model',
      content_hash: row === undefined ? '' : contentHashOf(row),
      embedding_key: row?.embeddingKey,
      projection: rig.projection.id,
      page_number: 1,
      tag: 'new',
    });
    for (const store of STORES) {
      const { digest, nonce } = done.run.stores[store] ?? {};
      expect(rig.ledger.peek('books', store)).toEqual({ digest, nonce, count: 7 });
    }
    expect(await rig.verify('vectors')).toMatchObject({ ok: true, differences: [] });
  });

  it('writes in batches of batchItems, each chunk once', async () => {
    const rig = createCorpusRig({ batchItems: 3, concurrency: 1 });
    await rig.load(inputs(7));
    expect(rig.vectors.journal).toEqual(['upsert 3', 'upsert 3', 'upsert 1']);
    expect(rig.rows.journal).toEqual(['upsert 3', 'upsert 3', 'upsert 1']);
  });
});

describe('what a load writes', () => {
  it('writes nothing when both stores are in step, and keeps the nonce of the last load', async () => {
    const rig = createCorpusRig();
    const first = await rig.load(inputs(5));
    rig.forgetCosts();
    const second = await rig.load(inputs(5).toReversed());
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(rig.ledger.cost.stampsRemoved).toBe(0);
    for (const store of STORES) {
      expect(second.run.stores[store]).toMatchObject({ inStep: true, nonce: first.run.stores[store]?.nonce });
    }
    expect(rig.artifacts.files.get(FILES.qdrantNonce)).toBe(`${first.run.stores.qdrant?.nonce}\n`);
  });

  it('writes one point with its new vector and one row for a text that was edited', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(5));
    rig.forgetCosts();
    const done = await rig.load(inputs(5).with(1, { id: 'c1', text: 'edited' }));
    expect(rig.costs()).toEqual({ ...NO_COSTS, requests: 1, inputs: 1, upserted: 1, written: 1 });
    expect(done.qdrant.plan).toMatchObject({ change: 1, unchanged: 4, reasons: { text: 1 } });
    const pointId = await rig.pointIdOf('c1');
    const expected = [...stubVector('edited', 8)];
    for (const [at, value] of (rig.vectors.collection?.points.get(pointId)?.vector ?? []).entries()) {
      expect(value).toBeCloseTo(expected[at] as number, 5);
    }
    expect(rig.rows.table.get(pointId)?.text).toBe('edited');
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  it('writes one payload and one row for metadata that was edited, and leaves the vector alone', async () => {
    const rig = createCorpusRig({ payload: ['chapter_title'] });
    await rig.load(inputs(5));
    const point = rig.vectors.collection?.points.get(await rig.pointIdOf('c1'));
    const { vector } = point ?? {};
    rig.forgetCosts();
    const done = await rig.load(inputs(5).with(1, { ...inputs(2)[1], chapter_title: 'new' }));
    expect(rig.costs()).toEqual({ ...NO_COSTS, payloads: 1, written: 1 });
    expect(done.qdrant.plan.reasons).toEqual({ metadata: 1 });
    expect(point).toMatchObject({ payload: { chapter_title: 'new' } });
    expect(point?.vector).toBe(vector);
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  it('writes every payload and no row when the corpus lists other fields for filtering', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(5));
    rig.forgetCosts();
    const { vectors, rows, ledger, embeddings } = rig;
    const wider = createCorpusRig({ vectors, rows, ledger, embeddings, payload: ['page_number'] });
    const done = await wider.load(inputs(5));
    expect(done.qdrant.plan.reasons).toEqual({ projection: 5 });
    expect(wider.costs()).toEqual({ ...NO_COSTS, payloads: 5 });
    expect(done.run.stores.neon).toMatchObject({ inStep: true });
    expect(vectors.collection?.indexes).toMatchObject({ page_number: 'integer' });
  });
});

describe('what a load deletes', () => {
  it('deletes what is no longer in the input, after all that it adds and changes', async () => {
    const rig = createCorpusRig({ batchItems: 2, concurrency: 2 });
    await rig.load(inputs(6));
    rig.forgetCosts();
    const done = await rig.load([...inputs(2).with(0, { id: 'c0', text: 'edited' }), ...inputs(3, 10)]);
    expect(storedIds(rig)).toEqual(both(['c0', 'c1', 'c10', 'c11', 'c12']));
    expect(done.qdrant).toMatchObject({ countBefore: 6, countAfter: 5, written: 4, deleted: 4 });
    for (const { journal } of [rig.vectors, rig.rows]) {
      expect(journal).toEqual(['upsert 2', 'upsert 2', 'delete 2', 'delete 2']);
    }
  });

  it('deletes nothing when a write before the deletions fails', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    rig.forgetCosts();
    const failing = (operation: string): void => {
      if (operation === 'upsert') throw new IndexingError({ code: 'service-unavailable', message: 'm' });
    };
    rig.vectors.beforeWrite = failing;
    rig.rows.beforeWrite = failing;
    await rig.validate([...inputs(2), ...inputs(1, 10)]);
    await rig.embed();
    await rig.provision();
    expect(await failureOf(rig.loadQdrant())).toMatchObject({ code: 'service-unavailable' });
    expect(await failureOf(rig.loadNeon())).toMatchObject({ code: 'service-unavailable' });
    expect(storedIds(rig)).toEqual(both(['c0', 'c1', 'c2', 'c3']));
    expect([rig.ledger.peek('books', 'qdrant'), rig.ledger.peek('books', 'neon')]).toEqual([undefined, undefined]);
  });

  const documents = (...pairs: readonly (readonly [string, string | undefined])[]): JsonObject[] =>
    pairs.map(([id, document]) => ({ id, text: id, ...(document === undefined ? {} : { document_id: document }) }));
  const before = documents(['a1', 'a'], ['a2', 'a'], ['b1', 'b'], ['b2', 'b'], ['n1', undefined]);

  it.each([
    ['full', ['a1'], 4, 0],
    ['document', ['a1', 'b1', 'b2', 'n1'], 1, 3],
    ['none', ['a1', 'a2', 'b1', 'b2', 'n1'], 0, 4],
  ] as const)('deletes only what the delete mode %s allows', async (deletes, left, deleted, kept) => {
    const rig = createCorpusRig({ deletes });
    await rig.load(before);
    rig.forgetCosts();
    const done = await rig.load(documents(['a1', 'a']));
    expect(storedIds(rig)).toEqual(both([...left]));
    expect(done.qdrant.plan).toMatchObject({ delete: deleted, kept });
    expect(rig.costs()).toEqual({ ...NO_COSTS, pointsDeleted: deleted, rowsDeleted: deleted });
    expect(await rig.verify()).toMatchObject({ ok: true, kept });
    rig.forgetCosts();
    expect((await rig.load(documents(['a1', 'a']))).run.stores).toMatchObject({
      qdrant: { inStep: true },
      neon: { inStep: true },
    });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('deletes nothing of another corpus that shares the stores', async () => {
    const one = createCorpusRig({ corpus: 'one' });
    const { vectors, rows, ledger } = one;
    const two = createCorpusRig({ corpus: 'two', vectors, rows, ledger });
    await one.load(inputs(3));
    await two.load(inputs(3));
    expect(rows.table.size).toBe(6);
    await one.load(inputs(1));
    expect([await rows.count('one'), await rows.count('two')]).toEqual([1, 3]);
    expect([await vectors.count('one'), await vectors.count('two')]).toEqual([1, 3]);
    expect(await two.verify('vectors')).toMatchObject({ ok: true });
  });
});

describe('held records', () => {
  it('a held record leaves its last good version in both stores, and is counted', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    rig.forgetCosts();
    const done = await rig.load([...inputs(3), { id: 'c3', text: '' }, { id: 'never stored' }]);
    expect(done.validated).toMatchObject({ accepted: 3, rejected: 2, held: 2 });
    expect(done.qdrant.plan).toMatchObject({ held: 1, delete: 0 });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(storedIds(rig)).toEqual(both(['c0', 'c1', 'c2', 'c3']));
    expect(rig.rows.table.get([...rig.rows.table].find(([, row]) => row.chunkId === 'c3')?.[0] ?? '')?.text).toBe(
      'text 3',
    );
    for (const level of ['counts', 'ids', 'content', 'vectors'] as const) {
      expect(await rig.verify(level)).toMatchObject({ ok: true });
    }
    expect(await rig.verify()).toMatchObject({ held: 1, counts: { input: 3, qdrant: 4, neon: 4 } });
  });

  it('a chunk that was held is deleted by the next run when its record is no longer in the input', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    await rig.load([...inputs(3), { id: 'c3' }]);
    await rig.load(inputs(3));
    expect(storedIds(rig)).toEqual(both(['c0', 'c1', 'c2']));
  });
});

describe('stamps', () => {
  it('the stamp of a store is withdrawn before the first write and written after the last', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    const seen: string[] = [];
    const look = (store: 'qdrant' | 'neon') => (): void => {
      seen.push(`${store} ${rig.ledger.peek('books', store) === undefined ? 'no stamp' : 'stamp'}`);
    };
    rig.vectors.beforeWrite = look('qdrant');
    rig.rows.beforeWrite = look('neon');
    await rig.load([...inputs(3), ...inputs(1, 10)]);
    expect(seen).toEqual(['qdrant no stamp', 'qdrant no stamp', 'neon no stamp', 'neon no stamp']);
    expect(rig.ledger.peek('books', 'qdrant')?.count).toBe(4);
    expect(rig.ledger.peek('books', 'neon')?.count).toBe(4);
  });

  it.each(STORES)(
    'a load of %s that was cut short leaves no stamp, and the next load writes only the rest',
    async (store) => {
      const rig = createCorpusRig({ concurrency: 1 });
      const port = store === 'qdrant' ? rig.vectors : rig.rows;
      await rig.validate(inputs(6));
      await rig.embed();
      await rig.provision();
      let writes = 0;
      port.beforeWrite = () => {
        writes += 1;
        if (writes === 2) throw new Error('killed');
      };
      await expect(store === 'qdrant' ? rig.loadQdrant() : rig.loadNeon()).rejects.toThrow('killed');
      expect(rig.ledger.peek('books', store)).toBeUndefined();
      expect(rig.artifacts.files.has(store === 'qdrant' ? FILES.loadQdrantReceipt : FILES.loadNeonReceipt)).toBe(false);
      port.beforeWrite = undefined;
      rig.forgetCosts();
      await rig.load(inputs(6));
      // What was acknowledged before is not written again.
      expect(rig.costs()).toMatchObject({ requests: 0, [store === 'qdrant' ? 'upserted' : 'written']: 4 });
      expect(storedIds(rig)).toEqual(both(['c0', 'c1', 'c2', 'c3', 'c4', 'c5']));
      expect(await rig.verify('vectors')).toMatchObject({ ok: true });
    },
  );
});

describe('an overtaken run', () => {
  /** Two runs of one corpus with stores in common; the second provisions after the first. */
  async function overtaken() {
    const first = createCorpusRig();
    const { vectors, rows, ledger } = first;
    await first.load(inputs(3));
    await first.validate([{ id: 'c0', text: 'late edit' }, ...inputs(2, 1), ...inputs(1, 10)]);
    await first.embed();
    await first.provision();
    const second = createCorpusRig({ vectors, rows, ledger });
    await second.validate([...inputs(3), ...inputs(2, 20)]);
    await second.embed();
    const { runId } = await second.provision();
    first.forgetCosts();
    return { first, second, runId };
  }

  it('stops before it writes to either store, and names the run that took over', async () => {
    const { first, runId } = await overtaken();
    const byName = { code: 'overtaken', disposition: 'abort' };
    const failure = await failureOf(first.loadQdrant());
    expect(failure).toMatchObject({ ...byName, details: { by: runId } });
    expect(failure.message).toContain(runId);
    expect(await failureOf(first.loadNeon())).toMatchObject(byName);
    expect(first.costs()).toEqual(NO_COSTS);
  });

  it('stops at its next request when it is overtaken between two', async () => {
    const { first, second } = await overtaken();
    const straggler = createCorpusRig({ ...first, batchItems: 1, concurrency: 1 });
    await second.loadQdrant();
    await second.loadNeon();
    await straggler.provision();
    for (const port of [first.vectors, first.rows]) {
      let writes = 0;
      port.beforeWrite = async () => {
        writes += 1;
        if (writes === 1) await second.provision();
      };
    }
    first.forgetCosts();
    expect(await failureOf(straggler.loadQdrant())).toMatchObject({ code: 'overtaken' });
    // Qdrant cannot fence: what was under way has landed, and nothing after it.
    expect(first.costs()).toMatchObject({ upserted: 1, pointsDeleted: 0 });
    await straggler.provision();
    expect(await failureOf(straggler.loadNeon())).toMatchObject({ code: 'overtaken' });
    expect(first.costs()).toMatchObject({ written: 0, rowsDeleted: 0 });
  });

  it('deletes nothing', async () => {
    const { first, second } = await overtaken();
    await first.validate(inputs(1));
    await first.embed();
    await first.provision();
    await second.provision();
    expect(await failureOf(first.loadQdrant())).toMatchObject({ code: 'overtaken' });
    expect(await failureOf(first.loadNeon())).toMatchObject({ code: 'overtaken' });
    expect(storedIds(first)).toEqual(both(['c0', 'c1', 'c2']));
  });

  it('writes no stamp, even when it has nothing to write', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    const { vectors, rows, ledger } = rig;
    const other = createCorpusRig({ vectors, rows, ledger });
    await other.validate(inputs(3));
    await rig.provision();
    await other.provision();
    const stamps = rig.ledger.cost.stampsWritten;
    expect(await failureOf(rig.loadQdrant())).toMatchObject({ code: 'overtaken' });
    expect(await failureOf(rig.loadNeon())).toMatchObject({ code: 'overtaken' });
    expect(rig.ledger.cost.stampsWritten).toBe(stamps);
  });

  it('leaves the stamps of the run that took over', async () => {
    const { first, second } = await overtaken();
    await second.loadQdrant();
    await second.loadNeon();
    const stamps = [second.ledger.peek('books', 'qdrant'), second.ledger.peek('books', 'neon')];
    expect(await failureOf(first.loadQdrant())).toMatchObject({ code: 'overtaken' });
    expect(await failureOf(first.loadNeon())).toMatchObject({ code: 'overtaken' });
    expect([second.ledger.peek('books', 'qdrant'), second.ledger.peek('books', 'neon')]).toEqual(stamps);
  });

  it('has a late write found by the verify of the run that took over, and put right by its next load', async () => {
    const { first, second } = await overtaken();
    await second.loadQdrant();
    await second.loadNeon();
    // A request that the first run sent before the second took the fence.
    const late = rigPoint(first, await first.pointIdOf('c0'));
    late.payload['content_hash'] = 'late';
    expect(await second.verify()).toMatchObject({ ok: false, differencesCount: 1 });
    expect(second.ledger.peek('books', 'qdrant')).toBeUndefined();
    await second.provision();
    await second.loadQdrant();
    expect(await second.verify('vectors')).toMatchObject({ ok: true });
  });
});

function rigPoint(rig: CorpusRig, pointId: string) {
  const point = rig.vectors.collection?.points.get(pointId);
  if (point === undefined) throw new Error('no such point');
  return point;
}

describe('a load that fails', () => {
  it('a load stops at its signal before its next write, and the next run completes it', async () => {
    const controller = new AbortController();
    const rig = createCorpusRig({ signal: controller.signal, batchItems: 1, concurrency: 1 });
    await rig.validate(inputs(4));
    await rig.embed();
    await rig.provision();
    rig.vectors.beforeWrite = () => controller.abort(new Error('stop'));
    await expect(rig.loadQdrant()).rejects.toThrow('stop');
    expect(rig.vectors.cost.upserted).toBe(1);
    rig.vectors.beforeWrite = undefined;
    const next = createCorpusRig({ ...rig, artifacts: rig.artifacts, signal: new AbortController().signal });
    await next.load(inputs(4));
    expect(await next.verify('vectors')).toMatchObject({ ok: true });
  });

  it('a load refuses to write a point without a vector, and names the stage to run', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(2));
    await rig.embed();
    await rig.provision();
    rig.embeddings.sliced.clear();
    const failure = await failureOf(rig.loadQdrant());
    expect(failure).toMatchObject({ code: 'artifact-missing' });
    expect(failure.message).toContain('embed');
    expect(rig.vectors.cost.upserted).toBe(0);
    expect(rig.ledger.peek('books', 'qdrant')).toBeUndefined();
  });

  it('a load fails without a provision', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(1));
    await rig.embed();
    expect(await failureOf(rig.loadQdrant())).toMatchObject({ code: 'artifact-missing' });
    expect(await failureOf(rig.loadNeon())).toMatchObject({ code: 'artifact-missing' });
  });
});
