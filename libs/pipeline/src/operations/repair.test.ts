import { describe, expect, it } from 'vitest';
import { IndexingError, pointIdOf, sha256Hex, STORES, type JsonObject } from '@lockstep/model';
import { announceCalls, failureOf } from '@lockstep/testing-ports';
import {
  createCorpusRig,
  inBothStores,
  NO_COSTS,
  storedTexts,
  type CorpusRig,
  type CorpusRigOptions,
} from '@lockstep/testing-runs';
import { FILES } from '../files/corpus-files.ts';
import { corpusStatus } from './corpus-status.ts';
import { payloadOf } from '../compare/projection.ts';
import { readReceipt } from '../files/receipt-file.ts';
import type { LoadReceipt, ValidateReceipt } from '../receipts.ts';

const inputs = (count: number): { id: string; text: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

const textsOf = (records: readonly JsonObject[]) =>
  inBothStores(Object.fromEntries(records.map(({ id, text }) => [String(id), String(text)])));

/** Point and row of a chunk of the corpus. */
function storedAt(rig: CorpusRig, chunkId: string) {
  const pointId = pointIdOf(rig.corpus, chunkId);
  const point = rig.vectors.collection?.points.get(pointId);
  const row = rig.rows.table.get(pointId);
  if (point === undefined || row === undefined) throw new Error(`${chunkId} is not in both stores`);
  return { pointId, point, row };
}

function losePoint(rig: CorpusRig, chunkId: string): void {
  rig.vectors.collection?.points.delete(pointIdOf(rig.corpus, chunkId));
}

function loseRow(rig: CorpusRig, chunkId: string): void {
  rig.rows.table.delete(pointIdOf(rig.corpus, chunkId));
}

async function statesOf(rig: CorpusRig): Promise<unknown> {
  const { vectors, rows, ledger, projection, artifacts } = rig;
  const validated = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
  const status = await corpusStatus('books', { vectors, rows, ledger, projection, deletes: 'full', validated });
  return { qdrant: status.qdrant.state, neon: status.neon.state };
}

const stamps = ({ ledger }: CorpusRig) =>
  Object.fromEntries(STORES.map((store) => [store, ledger.peek('books', store)?.count]));

describe('a repair', () => {
  const RECORDS = inputs(9).map((record, at) => ({ ...record, page_number: at }));

  /** Damage of every kind, one chunk each, including damage under right labels. */
  async function damaged(options: CorpusRigOptions = {}) {
    const rig = createCorpusRig({ payload: ['page_number'], ...options });
    await rig.load(RECORDS);
    losePoint(rig, 'c0');
    loseRow(rig, 'c1');
    storedAt(rig, 'c2').point.payload['page_number'] = 77;
    storedAt(rig, 'c3').row.text = 'edited';
    const { vector } = storedAt(rig, 'c4').point;
    storedAt(rig, 'c4').point.vector = storedAt(rig, 'c5').point.vector;
    storedAt(rig, 'c5').point.vector = vector;
    storedAt(rig, 'c6').point.payload['content_hash'] = 'of another version';
    storedAt(rig, 'c7').row.contentHash = 'of another version';
    const orphan = pointIdOf('books', 'orphan');
    const { point, row } = storedAt(rig, 'c8');
    rig.vectors.collection?.points.set(orphan, structuredClone(point));
    rig.rows.table.set(orphan, { ...row, pointId: orphan, chunkId: 'orphan' });
    rig.forgetCosts();
    return rig;
  }

  it('puts right everything that is wrong in either store, writes no more than that, and pays for nothing', async () => {
    const rig = await damaged();
    expect(await rig.repair(RECORDS)).toMatchObject({ ok: true, level: 'vectors', differences: [] });
    expect(storedTexts(rig)).toEqual(textsOf(RECORDS));
    expect(rig.costs()).toEqual({
      ...NO_COSTS,
      upserted: 3,
      payloads: 2,
      pointsDeleted: 1,
      written: 3,
      rowsDeleted: 1,
    });
    expect(await statesOf(rig)).toEqual({ qdrant: 'in-step', neon: 'in-step' });
    rig.forgetCosts();
    expect((await rig.load(RECORDS)).run.stores).toMatchObject({ qdrant: { inStep: true }, neon: { inStep: true } });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('is entered into the run table as a repair', async () => {
    const rig = await damaged();
    await rig.repair(RECORDS);
    expect((await rig.ledger.runs({ corpus: 'books', limit: 9 })).map(({ kind, end }) => [kind, end?.outcome])).toEqual(
      [
        ['repair', 'done'],
        ['load', undefined],
      ],
    );
  });

  it('writes only stamps when both stores are in step', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    rig.forgetCosts();
    expect(await rig.repair(inputs(4))).toMatchObject({ ok: true });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(stamps(rig)).toEqual({ qdrant: 4, neon: 4 });
  });

  it('ends in the same state when it is killed at any write and started again', async () => {
    for (let kill = 1, over = false; !over; kill += 1) {
      const rig = await damaged({ batchItems: 1, concurrency: 1 });
      let writes = 0;
      const { vectors, rows } = rig;
      const die = (): void => {
        writes += 1;
        if (writes >= kill) throw new Error('killed');
      };
      Object.assign(vectors, { beforeWrite: die });
      Object.assign(rows, { beforeWrite: die });
      await rig.repair(RECORDS).catch((error: unknown) => expect(error).toEqual(new Error('killed')));
      over = writes < kill;
      Object.assign(vectors, { beforeWrite: undefined });
      Object.assign(rows, { beforeWrite: undefined });
      expect(await rig.repair(RECORDS), `at write ${kill}`).toMatchObject({ ok: true });
      expect(storedTexts(rig), `at write ${kill}`).toEqual(textsOf(RECORDS));
      expect(rig.embedder.seen.requests).toBe(0);
    }
  });
});

describe('a repair when the cache has lost vectors', () => {
  /** Both stores have lost two chunks, and the cache the vector of one of them. */
  async function unpaid() {
    const rig = createCorpusRig({ payload: ['chapter_title'] });
    await rig.load(inputs(5));
    for (const chunkId of ['c0', 'c1']) {
      const { embeddingKey } = storedAt(rig, chunkId).row;
      losePoint(rig, chunkId);
      loseRow(rig, chunkId);
      if (chunkId === 'c0') {
        rig.embeddings.paid.delete(embeddingKey);
        rig.embeddings.sliced.delete(embeddingKey);
      }
    }
    rig.forgetCosts();
    return rig;
  }

  it('leaves out points whose vector is lost, reports how many, writes no stamp for Qdrant, and puts every row right', async () => {
    const rig = await unpaid();
    const verified = await rig.repair(inputs(5));
    expect(rig.costs()).toEqual({ ...NO_COSTS, upserted: 1, written: 2 });
    expect(storedTexts(rig).rows).toEqual(textsOf(inputs(5)).rows);
    expect(Object.keys(storedTexts(rig).points)).toHaveLength(4);
    const receipt = await readReceipt<LoadReceipt>(rig.artifacts, FILES.loadQdrantReceipt);
    expect(receipt).toMatchObject({ written: 1, left: 1, countAfter: 4, plan: { add: 2 } });
    expect(await readReceipt<LoadReceipt>(rig.artifacts, FILES.loadNeonReceipt)).toMatchObject({ left: 0 });
    expect(stamps(rig)).toEqual({ qdrant: undefined, neon: 5 });
    // No stamp for Qdrant was written, not even one that verify then withdrew.
    expect(rig.ledger.cost.stampsWritten).toBe(1);
    expect(verified).toMatchObject({ ok: false, sides: { cache: 1, qdrant: 1, neon: 0 } });
    expect(await statesOf(rig)).toEqual({ qdrant: 'unknown', neon: 'in-step' });
  });

  it('pays only for the lost vectors that the stores need when it may pay', async () => {
    const rig = await unpaid();
    await rig.repair(inputs(5));
    rig.forgetCosts();
    expect(await rig.repair(inputs(5), { pay: true })).toMatchObject({ ok: true });
    expect(rig.costs()).toEqual({ ...NO_COSTS, requests: 1, inputs: 1, upserted: 1 });
    expect(storedTexts(rig)).toEqual(textsOf(inputs(5)));
    expect(stamps(rig)).toEqual({ qdrant: 5, neon: 5 });
  });

  it('puts payloads right without their vectors, and stamps the stores when nothing else was wrong', async () => {
    const rig = createCorpusRig({ payload: ['chapter_title'] });
    await rig.load(inputs(3));
    storedAt(rig, 'c1').point.payload['chapter_title'] = 'edited';
    rig.embeddings.paid.clear();
    rig.embeddings.sliced.clear();
    rig.forgetCosts();
    // The cache lacks three vectors; nothing is wrong with either store.
    expect(await rig.repair(inputs(3))).toMatchObject({ ok: false, sides: { cache: 3, qdrant: 0, neon: 0 } });
    expect(rig.costs()).toEqual({ ...NO_COSTS, payloads: 1 });
    expect(stamps(rig)).toEqual({ qdrant: 3, neon: 3 });
  });

  it('leaves the old version of an edited text in Qdrant, which no reader is shown', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    const edited = inputs(3).with(1, { id: 'c1', text: 'edited' });
    await rig.repair(edited);
    expect(storedTexts(rig)).toEqual({
      rows: textsOf(edited).rows,
      points: { c0: 'text 0', c1: 'another version', c2: 'text 2' },
    });
    expect(stamps(rig)).toEqual({ qdrant: undefined, neon: 3 });
  });

  it('leaves out a point without a vector, for which a load fails', async () => {
    const rig = await unpaid();
    await rig.validate(inputs(5));
    await rig.embed({ pay: false });
    await rig.provision();
    expect(await failureOf(rig.loadQdrant())).toMatchObject({ code: 'artifact-missing' });
    expect(stamps(rig)['qdrant']).toBeUndefined();
  });
});

describe.each([
  ['held', 'full', [...inputs(3), { id: 'c3', text: '' }, { id: 'c4', text: '' }]],
  ['kept', 'none', inputs(3)],
] as const)('a repair of %s chunks', (state, deletes, records) => {
  /** Five chunks are loaded; the corpus no longer wants the last two, and they stay. */
  async function stored(options: CorpusRigOptions = {}) {
    const rig = createCorpusRig({ deletes, ...options });
    await rig.load(inputs(5));
    await rig.load(records);
    expect(storedTexts(rig)).toEqual(textsOf(inputs(5)));
    rig.forgetCosts();
    return rig;
  }

  /** Provisions and repairs the retained chunks. */
  async function repairRetained(rig: CorpusRig, options?: { readonly pay: boolean }) {
    return rig.repairRetained(await rig.provision(), options);
  }

  it(`leaves ${state} chunks whose point and row agree as they are`, async () => {
    const rig = await stored();
    expect(await repairRetained(rig)).toEqual({ rebuilt: 0, deleted: 0, left: [], possiblyPaid: 0 });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it(`makes a point of another version again from the row of a ${state} chunk, with the vector of the cache`, async () => {
    const rig = await stored({ payload: ['chapter_title'] });
    const { point, row, pointId } = storedAt(rig, 'c3');
    Object.assign(point, {
      payload: { ...point.payload, content_hash: 'of another version', chapter_title: 'old' },
      vector: storedAt(rig, 'c4').point.vector.slice(),
    });
    expect(await repairRetained(rig)).toEqual({ rebuilt: 1, deleted: 0, left: [], possiblyPaid: 0 });
    expect(rig.costs()).toEqual({ ...NO_COSTS, upserted: 1 });
    expect(rig.vectors.collection?.points.get(pointId)?.payload).toEqual(payloadOf(row, rig.projection));
    expect(storedTexts(rig)).toEqual(textsOf(inputs(5)));
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  it(`makes a missing point again from the row of a ${state} chunk`, async () => {
    const rig = await stored();
    losePoint(rig, 'c3');
    expect(await rig.verify()).toMatchObject({ ok: false });
    expect(await repairRetained(rig)).toEqual({ rebuilt: 1, deleted: 0, left: [], possiblyPaid: 0 });
    expect(rig.costs()).toEqual({ ...NO_COSTS, upserted: 1 });
    expect(storedTexts(rig)).toEqual(textsOf(inputs(5)));
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  it(`deletes the point of a ${state} chunk without a row`, async () => {
    const rig = await stored();
    loseRow(rig, 'c3');
    expect(await repairRetained(rig)).toEqual({ rebuilt: 0, deleted: 1, left: [], possiblyPaid: 0 });
    expect(rig.costs()).toEqual({ ...NO_COSTS, pointsDeleted: 1 });
    expect(storedTexts(rig)).toEqual(textsOf(inputs(5).toSpliced(3, 1)));
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  describe.each(['text', 'chapterTitle'] as const)('a row whose %s was edited by hand', (field) => {
    it(`leaves row and point of a ${state} chunk whose ${field} was edited by hand, and names the chunk`, async () => {
      const rig = await stored();
      storedAt(rig, 'c3').row[field] = 'edited';
      const before = structuredClone(storedAt(rig, 'c3'));
      expect(await repairRetained(rig, { pay: true })).toEqual({
        rebuilt: 0,
        deleted: 0,
        left: ['c3'],
        possiblyPaid: 0,
      });
      expect(rig.costs()).toEqual(NO_COSTS);
      expect(storedAt(rig, 'c3')).toEqual(before);
      expect(await rig.verify()).toMatchObject({
        ok: false,
        differences: [{ store: 'neon', kind: 'stale', chunk_id: 'c3' }],
      });
    });

    it(`makes no point for a row of a ${state} chunk whose ${field} was edited by hand`, async () => {
      const rig = await stored();
      storedAt(rig, 'c3').row[field] = 'edited';
      losePoint(rig, 'c3');
      expect(await repairRetained(rig, { pay: true })).toEqual({
        rebuilt: 0,
        deleted: 0,
        left: ['c3'],
        possiblyPaid: 0,
      });
      expect(rig.costs()).toEqual(NO_COSTS);
    });
  });

  it(`makes no point for a row of a ${state} chunk that was given the embedding key of another text`, async () => {
    const rig = await stored();
    const { row } = storedAt(rig, 'c3');
    losePoint(rig, 'c3');
    row.embeddingKey = storedAt(rig, 'c0').row.embeddingKey;
    expect(await repairRetained(rig)).toEqual({ rebuilt: 0, deleted: 0, left: ['c3'], possiblyPaid: 0 });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it(`leaves ${state} chunks whose vectors the cache lacks, names them, and pays for them when it may`, async () => {
    const rig = await stored();
    losePoint(rig, 'c3');
    storedAt(rig, 'c4').point.payload['content_hash'] = 'of another version';
    rig.embeddings.paid.clear();
    expect(await repairRetained(rig)).toEqual({
      rebuilt: 0,
      deleted: 0,
      left: expect.toSatisfy((left: string[]) => left.toSorted().join() === 'c3,c4') as string[],
      possiblyPaid: 0,
    });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(await repairRetained(rig, { pay: true })).toEqual({ rebuilt: 2, deleted: 0, left: [], possiblyPaid: 0 });
    expect(rig.costs()).toEqual({ ...NO_COSTS, requests: 2, inputs: 2, upserted: 2 });
    expect(storedTexts(rig)).toEqual(textsOf(inputs(5)));
    // What was paid for is in the cache.
    expect(rig.embeddings.paid.size).toBe(2);
  });

  it(`reports how many texts of ${state} chunks may have been paid for without a reply, also when it fails`, async () => {
    const rig = await stored();
    losePoint(rig, 'c3');
    rig.embeddings.paid.clear();
    rig.embedder.onRequest = () => {
      rig.embedder.lost.inputs += 2;
      if (rig.embedder.lost.inputs > 2) throw new IndexingError({ code: 'service-unavailable', message: 'm' });
    };
    expect(await repairRetained(rig, { pay: true })).toMatchObject({ rebuilt: 1, possiblyPaid: 2 });
    losePoint(rig, 'c3');
    rig.embeddings.paid.clear();
    expect(await failureOf(repairRetained(rig, { pay: true }))).toMatchObject({
      code: 'service-unavailable',
      details: { possiblyPaid: 2 },
    });
  });

  it(`never pays for a row of a ${state} chunk whose vector was of another model`, async () => {
    const rig = await stored();
    const { row } = storedAt(rig, 'c3');
    losePoint(rig, 'c3');
    row.embeddingKey = sha256Hex('of another model');
    expect(await repairRetained(rig, { pay: true })).toEqual({
      rebuilt: 0,
      deleted: 0,
      left: ['c3'],
      possiblyPaid: 0,
    });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it.each(['deletes a point', 'makes a point again'])(
    `stops before it %s of a ${state} chunk when another run took over`,
    async (what) => {
      const rig = await stored();
      if (what === 'deletes a point') loseRow(rig, 'c3');
      else losePoint(rig, 'c3');
      const { rows, ledger, artifacts, embeddings } = rig;
      const run = await rig.provision();
      const vectors = announceCalls(rig.vectors, 'qdrant', async (call) => {
        // In the middle of its comparison.
        if (call === 'qdrant scan') await rig.provision();
      });
      const repairing = createCorpusRig({ deletes, rows, ledger, artifacts, embeddings, vectors });
      expect(await failureOf(repairing.repairRetained(run))).toMatchObject({ code: 'overtaken' });
      expect(rig.costs()).toEqual(NO_COSTS);
    },
  );

  it.each(['lost its row', 'lost its point', 'a point of another version'])(
    `leaves both stores stamped and in step when a ${state} chunk has %s`,
    async (damage) => {
      const rig = await stored();
      if (damage === 'lost its row') loseRow(rig, 'c3');
      else if (damage === 'lost its point') losePoint(rig, 'c3');
      else storedAt(rig, 'c3').point.payload['content_hash'] = 'of another version';
      expect(await rig.verify()).toMatchObject({ ok: false });
      expect(await rig.repair(records)).toMatchObject({ ok: true });
      const { run } = await rig.load(records);
      expect(run.stores).toMatchObject({ qdrant: { inStep: true }, neon: { inStep: true } });
    },
  );
});
