import { describe, expect, it } from 'vitest';
import { IndexingError, SILENT, type DeleteMode, type JsonValue } from '@lockstep/model';
import { failureOf, watchCalls } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig, type CorpusRigOptions } from '@lockstep/testing-runs';
import type { RenameReceipt } from '../../receipts.ts';
import { checkRename } from './check-rename.ts';
import { renameCorpus } from './rename-corpus.ts';

const inputs = (count: number, from = 0): JsonValue[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `c${from + at}`,
    text: `text ${from + at}`,
    document_id: 'd',
    chapter_title: `chapter ${at}`,
  }));

const OLD = 'handbook-v1';
const NEW = 'handbook-v2';

/** A rig of the old name; `as` gives one of another name over the same stores, on another machine with the same cache. */
function rigs(options: CorpusRigOptions = {}): {
  old: CorpusRig;
  as: (corpus: string, own?: CorpusRigOptions) => CorpusRig;
} {
  let seconds = 0;
  const clock = { now: () => (seconds += 1) * 1_000, sleep: () => Promise.resolve() };
  const old = createCorpusRig({ corpus: OLD, clock, ...options });
  const { vectors, rows, ledger, embeddings } = old;
  return {
    old,
    as: (corpus, own) => createCorpusRig({ ...options, clock, vectors, rows, ledger, embeddings, corpus, ...own }),
  };
}

let ids = 0;
function rename(
  rig: CorpusRig,
  names = { from: OLD, to: NEW },
  stores: Partial<CorpusRig> = {},
): Promise<RenameReceipt> {
  const { vectors, rows, ledger, context } = { ...rig, ...stores };
  ids += 1;
  const options = {
    ...names,
    vectors,
    rows,
    ledger,
    runId: `rename-${ids}`,
    batchItems: 2,
    nonce: () => `nonce-${(ids += 1)}`,
  };
  return renameCorpus({ clock: context.clock, logger: SILENT }, options);
}

/** What both stores hold, without the name of the corpus and what follows from it. */
function held({ vectors, rows }: CorpusRig) {
  const of = (corpus: string) => ({
    rows: [...rows.table.values()]
      .filter((row) => row.corpus === corpus)
      .map(({ corpus: _corpus, pointId: _pointId, ...row }) => row)
      .toSorted((a, b) => (a.chunkId < b.chunkId ? -1 : 1)),
    points: [...(vectors.collection?.points.values() ?? [])]
      .filter(({ payload }) => payload['corpus'] === corpus)
      .map(({ vector, payload: { corpus: _corpus, ...payload } }) => ({ vector: [...vector], payload }))
      .toSorted((a, b) => (String(a.payload['chunk_id']) < String(b.payload['chunk_id']) ? -1 : 1)),
  });
  return { [OLD]: of(OLD), [NEW]: of(NEW), other: of('other') };
}
const NOTHING = { rows: [], points: [] };

describe('a rename', () => {
  it.each<DeleteMode>(['full', 'document', 'none'])(
    'moves every row and point, and the next run under the new name neither pays nor writes, with deletes %s',
    async (deletes) => {
      const { old, as } = rigs({ deletes, payload: ['chapter_title'] });
      await as('other').run(inputs(3));
      await old.run(inputs(5));
      const before = held(old);
      old.forgetCosts();
      const receipt = await rename(old);
      expect(receipt).toMatchObject({ corpus: NEW, from: OLD, step: 'copy', copied: { qdrant: 5, neon: 5 } });
      expect(receipt.deleted).toEqual({ qdrant: 5, neon: 5 });
      expect(held(old)).toEqual({ [OLD]: NOTHING, [NEW]: before[OLD], other: before.other });
      expect(old.embedder.seen.inputs).toBe(0);

      const renamed = as(NEW);
      renamed.forgetCosts();
      await renamed.validate(inputs(5));
      const plan = await renamed.plan({ trust: 'stamps' });
      expect(plan).toMatchObject({
        embedding: { tokens: 0 },
        stores: { qdrant: { inStep: true }, neon: { inStep: true } },
      });
      expect((await renamed.run(inputs(5))).verify.ok).toBe(true);
      expect(renamed.costs()).toEqual(NO_COSTS);
      // The old name is as after a drop.
      expect([old.ledger.peek(OLD, 'qdrant'), old.ledger.peek(OLD, 'neon')]).toEqual([undefined, undefined]);
      const [last] = await old.ledger.runs({ corpus: OLD, limit: 1 });
      expect(last).toMatchObject({
        kind: 'drop',
        end: { outcome: 'done', counts: { pointsDeleted: 5, rowsDeleted: 5 } },
      });
    },
  );

  it('moves what is held and kept too, and the next run finds nothing to write', async () => {
    const { old, as } = rigs({ deletes: 'none' });
    await old.run(inputs(6));
    const now = [...inputs(3), { id: 'c3', text: '' }];
    await old.run(now);
    const before = held(old);
    expect(before[OLD].rows).toHaveLength(6);
    await rename(old);
    expect(held(old)).toMatchObject({ [OLD]: NOTHING, [NEW]: before[OLD] });
    const renamed = as(NEW);
    renamed.forgetCosts();
    expect((await renamed.run(now)).verify).toMatchObject({ ok: true, held: 1, kept: 2 });
    expect(renamed.costs()).toEqual(NO_COSTS);
  });

  it('of a corpus without a stamp gives none, and the next run compares all, and writes nothing', async () => {
    const { old, as } = rigs();
    await old.run(inputs(4));
    await old.ledger.removeStamp(OLD, 'neon');
    await rename(old);
    expect(old.ledger.peek(NEW, 'neon')).toBeUndefined();
    expect(old.ledger.peek(NEW, 'qdrant')).toBeDefined();
    const renamed = as(NEW);
    renamed.forgetCosts();
    await renamed.run(inputs(4));
    expect(renamed.costs()).toEqual(NO_COSTS);
  });

  it('keeps in mind what became of long texts and where the ids came from, and not which input it was', async () => {
    const { old, as } = rigs({ overlong: 'reject', input: { shown: 'v1.jsonl', secondName: 'x' } });
    await old.run(inputs(3));
    await rename(old);
    const renamed = as(NEW, { overlong: undefined as never, input: { shown: 'v2.jsonl', secondName: 'x' } });
    const long = Array.from({ length: 600 }, (_, at) => `word${at}`).join(' ');
    expect(await renamed.validate([...inputs(3), { id: 'long', text: long }])).toMatchObject({
      overlong: { mode: 'reject', because: 'loaded' },
    });
    expect(await failureOf(renamed.run([{ text: 'no id', document_id: 'd' }]))).toMatchObject({ code: 'other-ids' });
    await renamed.run(inputs(3));
    // And the old name is free for another input.
    await as(OLD, { input: { shown: 'other.jsonl', secondName: 'x' } }).run([{ text: 'no id', document_id: 'd' }]);
  });

  it('takes the chunks that were loaded under the new name already for copies', async () => {
    const { old, as } = rigs();
    await old.run(inputs(4));
    await as(NEW).run(inputs(3));
    const before = held(old);
    await rename(old);
    expect(held(old)).toMatchObject({ [OLD]: NOTHING, [NEW]: before[OLD] });
  });
});

describe('a rename is refused, and changes nothing,', () => {
  const refusal = async (rig: CorpusRig, names: { from: string; to: string }) => {
    const before = held(rig);
    rig.forgetCosts();
    const error = await failureOf(rename(rig, names));
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(held(rig)).toEqual(before);
    return error;
  };

  it('for equal names, and for one that no store has, with those that they have', async () => {
    const { old, as } = rigs();
    await old.run(inputs(2));
    await as('other').run(inputs(2));
    expect(await refusal(old, { from: OLD, to: OLD })).toMatchObject({ code: 'usage' });
    const error = await refusal(old, { from: 'handbok', to: NEW });
    expect(error).toMatchObject({ code: 'usage' });
    expect(error.message).toContain(`"handbok". Did you mean "handbook-v1"? The rows are of ${OLD}, other.`);
  });

  it('where the new name has a chunk that the old one does not have, or has otherwise', async () => {
    const { old, as } = rigs();
    await old.run(inputs(3));
    await as(NEW).run([...inputs(2), { id: 'another', text: 'another' }]);
    const error = await refusal(old, { from: OLD, to: NEW });
    expect(error).toMatchObject({ code: 'rename-refused' });
    expect(error.message).toContain('"another"');
    await as('other').run([{ id: 'c0', text: 'another version' }]);
    expect(await refusal(old, { from: OLD, to: 'other' })).toMatchObject({ code: 'rename-refused' });
  });

  it('where a point of the new name, which has no row, is of another chunk', async () => {
    const { old, as } = rigs();
    await old.run(inputs(3));
    await as(NEW).run([{ id: 'another', text: 'another' }]);
    for (const [pointId, { corpus }] of old.rows.table) if (corpus === NEW) old.rows.table.delete(pointId);
    expect(await refusal(old, { from: OLD, to: NEW })).toMatchObject({ code: 'rename-refused' });
  });

  it('where there are points and no row, or a row without its point, or one that was edited', async () => {
    const { old } = rigs();
    await old.run(inputs(3));
    const [[pointId, row] = []] = old.rows.table;
    if (pointId === undefined || row === undefined) throw new Error('there is no row');
    old.rows.table.delete(pointId);
    expect((await refusal(old, { from: OLD, to: NEW })).message).toContain('1 chunk of handbook-v1');
    old.rows.table.set(pointId, { ...row, text: 'edited' });
    expect(await refusal(old, { from: OLD, to: NEW })).toMatchObject({ code: 'rename-refused' });
    old.rows.table.clear();
    expect((await refusal(old, { from: OLD, to: NEW })).message).toContain('has 3 points of handbook-v1');
  });
});

describe('a rename that is cut short', () => {
  /** Ends the process at the n-th call of a port: the call is carried out or not, and no other is. */
  async function killedAt(rig: CorpusRig, at: number, lands: boolean): Promise<'killed' | 'done'> {
    let calls = 0;
    const around = async <Answer>(_: unknown, send: () => Promise<Answer>): Promise<Answer> => {
      calls += 1;
      if (calls === at && lands) await send();
      if (calls >= at) throw new Error('killed');
      return send();
    };
    const stores = {
      vectors: watchCalls(rig.vectors, 'qdrant', around),
      rows: watchCalls(rig.rows, 'neon', around),
      ledger: watchCalls(rig.ledger, 'ledger', around),
    };
    try {
      await rename(rig, undefined, stores);
      return 'done';
    } catch (error) {
      if (!(error as Error).message.includes('killed')) throw error;
      return 'killed';
    }
  }

  it.each([false, true])(
    'at any call, carried out: %s, loses nothing, and goes on where it is run again, also when that is cut short',
    async (lands) => {
      let kills = 0;
      for (let at = 1; ; at += 1) {
        const { old, as } = rigs();
        await as('other').run(inputs(2));
        await old.run(inputs(5));
        const before = held(old);
        const first = await killedAt(old, at, lands);
        kills += 1;
        // Nothing is lost: each chunk is whole under one of the two names.
        for (const store of ['rows', 'points'] as const) {
          const between = held(old);
          expect(
            before[OLD][store].filter((one) => !holds(between[OLD][store], one) && !holds(between[NEW][store], one)),
          ).toEqual([]);
        }
        await killedAt(old, 1 + (at % 17), !lands);
        await rename(old);
        expect([at, held(old)]).toEqual([at, { [OLD]: NOTHING, [NEW]: before[OLD], other: before.other }]);
        const renamed = as(NEW);
        renamed.forgetCosts();
        expect((await renamed.run(inputs(5))).verify.ok).toBe(true);
        expect(renamed.costs()).toEqual(NO_COSTS);
        if (first === 'done') break;
      }
      expect(kills).toBeGreaterThan(60);
    },
  );

  const holds = (all: readonly unknown[], one: unknown): boolean =>
    all.some((each) => JSON.stringify(each) === JSON.stringify(one));

  it('after it had deleted a part finishes, though the new name was loaded with other chunks meanwhile', async () => {
    const { old, as } = rigs();
    await old.run(inputs(5));
    const { rows } = old;
    rows.beforeWrite = (operation) => {
      if (operation === 'delete') throw new IndexingError({ code: 'service-unavailable', message: 'down' });
    };
    await failureOf(rename(old));
    rows.beforeWrite = undefined;
    const now = [...inputs(2), { id: 'new', text: 'new' }];
    await as(NEW).run(now, { deletes: { percent: 100, count: 0 } });
    expect(await rename(old)).toMatchObject({ step: 'delete', copied: { neon: 0 }, deleted: { qdrant: 0, neon: 5 } });
    expect(held(old)[OLD]).toEqual(NOTHING);
    expect(held(old)[NEW].rows.map(({ chunkId }) => chunkId)).toEqual(['c0', 'c1', 'new']);
  });

  it('when it had ended is done when it is run again', async () => {
    const { old } = rigs();
    await old.run(inputs(2));
    await rename(old);
    expect(await rename(old)).toMatchObject({ step: 'done', copied: { neon: 0 }, deleted: { neon: 0 } });
    const { vectors, rows, ledger } = old;
    expect(await checkRename({ from: OLD, to: NEW }, { vectors, rows, ledger }, {})).toMatchObject({ step: 'done' });
  });
});

describe('a rename and a load of the old name at the same time', () => {
  it('the load that takes its fence during the copying keeps its chunks', async () => {
    const { old, as } = rigs();
    await old.run(inputs(5));
    let isDone = false;
    const vectors = watchCalls(old.vectors, 'qdrant', async ({ method }, send) => {
      if (method === 'upsert' && !isDone) {
        isDone = true;
        await as(OLD).load([...inputs(5), { id: 'late', text: 'late' }]);
      }
      return send();
    });
    const error = await failureOf(rename(old, undefined, { vectors }));
    expect(['overtaken', 'rename-refused']).toContain(error.code);
    expect(held(old)[OLD].rows.map(({ chunkId }) => chunkId)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'late']);
    const [newRun] = await old.ledger.runs({ corpus: NEW, limit: 1 });
    expect(newRun?.end?.outcome).toMatch(/failed|overtaken/);
  });
});
