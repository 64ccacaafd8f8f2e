import { beforeEach, describe, expect, it } from 'vitest';
import { STORES, type JsonObject } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import type { DeleteReceipt, PutReceipt, SliceReport } from '../../receipts.ts';
import { renameCorpus } from '../rename/rename-corpus.ts';
import { verifySlice } from '../verify-slice.ts';
import { acceptEdits } from './accept-edits.ts';
import { deleteChunks } from './delete-chunks.ts';
import { putChunks } from './put-chunks.ts';

const RECORDS: readonly JsonObject[] = [
  { id: 'a', text: 'first', page_number: 1 },
  { id: 'b', text: 'second', page_number: 2 },
  { id: 'c', text: 'third', page_number: 3 },
];

let rig: CorpusRig;
let runs = 0;

beforeEach(() => {
  rig = createCorpusRig({ payload: ['page_number'] });
});

async function put(records: readonly JsonObject[], by: CorpusRig = rig): Promise<PutReceipt> {
  const { chunks } = await acceptEdits(records, by.corpus, by.embedder);
  return putChunks(by.context, { ...by, runId: `edit-${(runs += 1)}` }, chunks);
}

async function remove(ids: readonly string[]): Promise<DeleteReceipt> {
  return deleteChunks(rig.context, { ...rig, runId: `edit-${(runs += 1)}` }, ids);
}

async function slice(items = 100, after?: string): Promise<SliceReport> {
  return verifySlice(rig.context, { ...rig, items, after });
}

/** Texts and pages by id, as the rows have them, where each point says the same as its row. */
async function inStep(): Promise<Record<string, string>> {
  expect((await slice()).differences).toEqual([]);
  return Object.fromEntries(
    [...rig.rows.table.values()]
      .toSorted((a, b) => (a.chunkId < b.chunkId ? -1 : 1))
      .map(({ chunkId, text, pageNumber }) => [chunkId, `${text} ${pageNumber}`]),
  );
}

describe('putChunks', () => {
  it('writes new chunks to both stores, and enters an edit that is done into the run table', async () => {
    expect(await put(RECORDS)).toMatchObject({
      chunks: 3,
      unchanged: 0,
      written: { qdrant: 3, neon: 3 },
      embedded: 3,
      reused: 0,
      tokens: 3,
    });
    expect(await inStep()).toEqual({ a: 'first 1', b: 'second 2', c: 'third 3' });
    expect(await rig.ledger.runs({ limit: 9 })).toMatchObject([
      { kind: 'edit', input: 'edits', model: 'stub-model', end: { outcome: 'done', tokensPaid: 3 } },
    ]);
  });

  it('asks no embedder, writes nothing and takes no fence for chunks that both stores have', async () => {
    await put(RECORDS);
    rig.forgetCosts();
    expect(await put(RECORDS)).toMatchObject({ runId: null, unchanged: 3, written: { qdrant: 0, neon: 0 } });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(await rig.ledger.runs({ limit: 9 })).toHaveLength(1);
  });

  it('pays for a changed text alone, and for a changed page number nothing', async () => {
    await put(RECORDS);
    rig.forgetCosts();
    const changed = [{ ...RECORDS[0], page_number: 9 }, { ...RECORDS[1], text: 'other' }, { ...RECORDS[2] }];
    expect(await put(changed)).toMatchObject({ unchanged: 1, written: { qdrant: 2, neon: 2 }, embedded: 1, tokens: 1 });
    expect(rig.costs()).toMatchObject({ inputs: 1, upserted: 1, payloads: 1, written: 2 });
    expect(await inStep()).toEqual({ a: 'first 9', b: 'other 2', c: 'third 3' });
  });

  it('pays nothing for a text that the collection has under another id, and once for equal texts', async () => {
    await put(RECORDS);
    rig.forgetCosts();
    const receipt = await put([
      { id: 'd', text: 'first' },
      { id: 'e', text: 'new' },
      { id: 'f', text: 'new' },
    ]);
    expect(receipt).toMatchObject({ written: { qdrant: 3, neon: 3 }, embedded: 1, reused: 1 });
    expect(rig.costs().inputs).toBe(1);
    expect(await inStep()).toMatchObject({ d: 'first null', e: 'new null', f: 'new null' });
  });

  it.each<[drift: string, change: () => void]>([
    ['a point that is gone', () => rig.vectors.collection?.points.delete([...rig.rows.table.keys()][0] as string)],
    ['a row that is gone', () => rig.rows.table.delete([...rig.rows.table.keys()][0] as string)],
    [
      'a row with another text and its old hash',
      () => {
        const row = [...rig.rows.table.values()][0];
        if (row !== undefined) Object.assign(row, { text: 'by hand' });
      },
    ],
    [
      'a point with another field',
      () => {
        const point = [...(rig.vectors.collection?.points.values() ?? [])][0];
        if (point !== undefined) point.payload['page_number'] = 77;
      },
    ],
  ])('brings back %s without paying', async (_drift, change) => {
    await put(RECORDS);
    change();
    expect((await slice()).ok).toBe(false);
    rig.vectors.journal.length = 0;
    const { unchanged, written } = await put(RECORDS);
    expect([unchanged, written.qdrant + written.neon]).toEqual([2, 1]);
    expect(await inStep()).toEqual({ a: 'first 1', b: 'second 2', c: 'third 3' });
  });

  it('says what it wrote when a store fails, and the same edit again brings both in step', async () => {
    rig.vectors.beforeWrite = () => {
      throw new Error('Qdrant is down');
    };
    await expect(put(RECORDS)).rejects.toThrow('Qdrant is down');
    expect((await rig.ledger.runs({ limit: 1 }))[0]?.end).toMatchObject({ outcome: 'failed' });
    expect((await slice()).differences.map(({ kind, store }) => `${kind} ${store}`)).toEqual(
      RECORDS.map(() => 'missing qdrant'),
    );
    rig.vectors.beforeWrite = undefined;
    expect(await put(RECORDS)).toMatchObject({ written: { qdrant: 3, neon: 0 } });
    expect(await inStep()).toEqual({ a: 'first 1', b: 'second 2', c: 'third 3' });
  });

  it('fails as overtaken when another edit starts meanwhile, and names what it had written', async () => {
    await put(RECORDS);
    rig.vectors.beforeWrite = async () => {
      rig.vectors.beforeWrite = undefined;
      await put([{ id: 'd', text: 'meanwhile' }]);
    };
    const failure = await failureOf(put([{ id: 'a', text: 'late' }]));
    expect(failure).toMatchObject({ code: 'overtaken', details: { rowsWritten: 1, pointsWritten: 1 } });
    expect(await put([{ id: 'a', text: 'late' }])).toMatchObject({ unchanged: 1 });
    expect(await inStep()).toMatchObject({ a: 'late null', d: 'meanwhile null' });
  });

  it('fails where another program changed what it wrote before it was read back', async () => {
    rig.ledger.cost.calls = 0;
    rig.vectors.beforeWrite = () => {
      const [row] = rig.rows.table.values();
      if (row !== undefined) row.text = 'by hand';
    };
    expect(await failureOf(put([{ id: 'a', text: 'mine' }]))).toMatchObject({ code: 'stores-differ' });
  });

  it('refuses a collection of another model before it pays or writes', async () => {
    await put(RECORDS);
    for (const { payload } of rig.vectors.collection?.points.values() ?? []) payload['model'] = 'other-model';
    rig.forgetCosts();
    expect(await failureOf(put([{ id: 'd', text: 'new' }]))).toMatchObject({ code: 'model-mismatch' });
    expect(rig.costs()).toEqual(NO_COSTS);
  });
});

describe('deleteChunks', () => {
  it('deletes from both stores, counts ids that neither has, and may be repeated', async () => {
    await put(RECORDS);
    expect(await remove(['a', 'never'])).toMatchObject({ absent: 1, deleted: { qdrant: 1, neon: 1 } });
    expect(await inStep()).toEqual({ b: 'second 2', c: 'third 3' });
    expect(await remove(['a', 'never'])).toMatchObject({ runId: null, absent: 2, deleted: { qdrant: 0, neon: 0 } });
  });

  it('deletes what only one store has', async () => {
    await put(RECORDS);
    const [row, other] = [...rig.rows.table.values()].map(({ pointId, chunkId }) => ({ pointId, chunkId }));
    rig.rows.table.delete(row?.pointId as string);
    rig.vectors.collection?.points.delete(other?.pointId as string);
    const receipt = await remove([row?.chunkId as string, other?.chunkId as string]);
    expect(receipt).toMatchObject({ absent: 0, deleted: { qdrant: 1, neon: 1 } });
    expect(Object.keys(await inStep())).toHaveLength(1);
  });
});

describe('a corpus that is loaded', () => {
  it('is not edited, since its next load would undo that', async () => {
    await rig.run(RECORDS);
    rig.forgetCosts();
    const refused = { code: 'corpus-loaded', message: expect.stringContaining('books was loaded from') as string };
    expect(await failureOf(put([{ id: 'd', text: 'new' }]))).toMatchObject(refused);
    expect(await failureOf(remove(['a']))).toMatchObject(refused);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('names its input', async () => {
    const named = createCorpusRig({ ...rig, input: { shown: 'docs/books.json' } });
    await named.run(RECORDS);
    expect((await failureOf(put(RECORDS))).message).toContain('"docs/books.json"');
  });

  it('is edited after a drop', async () => {
    await rig.run(RECORDS);
    await rig.drop();
    await put([{ id: 'd', text: 'new' }]);
    expect(await inStep()).toEqual({ d: 'new null' });
  });

  it('is not edited where the run table says nothing of what the stores hold', async () => {
    await rig.run(RECORDS);
    const { vectors, rows } = rig;
    const other = createCorpusRig({ vectors, rows });
    expect(await failureOf(put(RECORDS, other))).toMatchObject({
      code: 'corpus-loaded',
      message: expect.stringContaining('hold 3 rows and 3 points of books') as string,
    });
  });

  it('is not edited by an edit that began before its first load', async () => {
    const ensure = rig.vectors.ensure;
    rig.vectors.ensure = async (...given) => {
      rig.vectors.ensure = ensure;
      await rig.run(RECORDS);
      return ensure(...given);
    };
    expect(await failureOf(put([{ id: 'd', text: 'new' }]))).toMatchObject({ code: 'corpus-loaded' });
    expect(Object.keys(await inStep())).toEqual(['a', 'b', 'c']);
    expect(await failureOf(put([{ id: 'd', text: 'new' }]))).toMatchObject({ code: 'corpus-loaded' });
  });
});

describe('after edits', () => {
  it('a load in the place of the corpus believes no stamp, and its plan shows what it would delete', async () => {
    await put(RECORDS);
    await rig.validate([RECORDS[0] as JsonObject]);
    const { stores } = await rig.plan({ trust: 'stamps' });
    for (const store of STORES) {
      expect(stores[store]).toMatchObject({ inStep: false, stamp: null, plan: { unchanged: 1, delete: 2 } });
    }
  });

  it('an edit withdraws the stamps that a rename took along', async () => {
    await put(RECORDS);
    for (const store of STORES) {
      const stamp = { digest: 'd', nonce: 'n', count: 3 };
      const fence = (await rig.ledger.fenceHolder('books'))?.fence ?? 0;
      await rig.ledger.writeStamp('books', store, { stamp, fence });
    }
    await put([{ id: 'a', text: 'changed' }]);
    for (const store of STORES) expect(await rig.ledger.stamp('books', store)).toBeUndefined();
  });

  it('a file whose name gives the same corpus is refused', async () => {
    await put(RECORDS);
    const other = createCorpusRig({ ...rig, input: { shown: 'books.json', secondName: 'books-2' } });
    expect(await failureOf(other.run(RECORDS))).toMatchObject({ code: 'other-input', details: { before: 'edits' } });
  });

  it('a corpus stays editable under another name', async () => {
    await put(RECORDS);
    const renaming = { from: 'books', to: 'films', runId: 'r', batchItems: 2, nonce: () => 'n' };
    await renameCorpus(rig.context, { ...rig, ...renaming });
    const films = createCorpusRig({ ...rig, corpus: 'films', payload: ['page_number'] });
    expect(await put([...RECORDS, { id: 'd', text: 'new' }], films)).toMatchObject({ unchanged: 3 });
  });

  it('a first load embeds long texts in windows, as that of a new corpus does', async () => {
    await put(RECORDS);
    const { overlong } = await rig.validate([{ id: 'long', text: 'word '.repeat(300) }]);
    expect(overlong).toMatchObject({ mode: 'windows', because: 'new' });
  });
});

describe('verifySlice', () => {
  it('goes through a corpus slice by slice, each chunk once', async () => {
    await put(RECORDS);
    const first = await slice(2);
    expect(first).toMatchObject({ ok: true, compared: 2, cursor: expect.any(String) as string });
    const second = await slice(2, first.cursor as string);
    expect(second).toMatchObject({ ok: true, compared: 1, cursor: null });
  });

  it('names what differs in each way, and both stores lose their stamps', async () => {
    await rig.run(RECORDS);
    const [missing, apart, altered] = [...rig.rows.table.values()].toSorted((a, b) => (a.pointId < b.pointId ? -1 : 1));
    rig.rows.table.delete(missing?.pointId as string);
    const point = rig.vectors.collection?.points.get(apart?.pointId as string);
    if (point !== undefined) point.payload['content_hash'] = 'older';
    if (altered !== undefined) altered.text = 'by hand';
    expect(await slice()).toMatchObject({
      ok: false,
      differences: [
        { store: 'neon', kind: 'missing', chunk_id: missing?.chunkId },
        { store: 'qdrant', kind: 'apart', chunk_id: apart?.chunkId, fields: ['content_hash'] },
        { store: 'neon', kind: 'stale', chunk_id: altered?.chunkId, fields: ['content_hash'] },
      ],
    });
    for (const store of STORES) expect(await rig.ledger.stamp('books', store)).toBeUndefined();
  });

  it('leaves stamps alone where nothing differs', async () => {
    await rig.run(RECORDS);
    await slice();
    for (const store of STORES) expect(await rig.ledger.stamp('books', store)).toBeDefined();
  });

  it('does not report a chunk that is the same when it is read once more', async () => {
    await put(RECORDS);
    const [row] = [...rig.rows.table.values()];
    const whole = { ...row };
    if (row !== undefined) row.text = 'under way';
    const { rows } = rig.rows;
    rig.rows.rows = async (ids, call) => {
      if (row !== undefined) Object.assign(row, whole);
      return rows(ids, call);
    };
    expect(await slice()).toMatchObject({ ok: true, compared: 3 });
  });
});

describe('acceptEdits', () => {
  it('converts nothing, and names each record that is no chunk', async () => {
    const { chunks, rejected } = await acceptEdits(
      [{ id: 'a', text: 'x' }, { id: 'b' }, { id: 'c', text: 'x', page_number: 'ii' }, { id: 'a', text: 'y' }, 7],
      'books',
      rig.embedder,
    );
    expect(chunks.map(({ chunkId }) => chunkId)).toEqual(['a']);
    expect(rejected).toMatchObject([
      { index: 1, code: 'missing-text', chunkId: 'b' },
      { index: 2, code: 'bad-field', field: 'page_number', chunkId: 'c' },
      { index: 3, code: 'duplicate-id', chunkId: 'a' },
      { index: 4, code: 'not-an-object' },
    ]);
  });
});
