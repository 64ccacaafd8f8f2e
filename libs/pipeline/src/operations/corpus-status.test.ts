import { describe, expect, it } from 'vitest';
import { STORES } from '@lockstep/model';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { FILES } from '../files/corpus-files.ts';
import { corpusStatus, type StoreState } from './corpus-status.ts';
import { readReceipt } from '../files/receipt-file.ts';
import type { ValidateReceipt } from '../receipts.ts';

const inputs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** The status of a rig's corpus, with or without what it validated last. */
async function statusOf(rig: CorpusRig, { validated = true } = {}) {
  const { vectors, rows, ledger, projection, artifacts } = rig;
  const receipt = validated ? await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt) : undefined;
  return corpusStatus('books', { vectors, rows, ledger, projection, deletes: 'full', validated: receipt });
}

const statesOf = async (rig: CorpusRig, options?: { readonly validated: boolean }) => {
  const { qdrant, neon } = await statusOf(rig, options);
  return { qdrant: qdrant.state, neon: neon.state };
};

const both = (state: StoreState) => ({ qdrant: state, neon: state });

describe('the status of a corpus in a store', () => {
  it('is empty when the store has no chunk and was never loaded', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(2));
    expect(await statesOf(rig)).toEqual(both('empty'));
    expect(await statesOf(createCorpusRig(), { validated: false })).toEqual(both('empty'));
  });

  it('is in step after a load, with count, stamp and target', async () => {
    const rig = createCorpusRig();
    const { run } = await rig.load(inputs(3));
    for (const options of [{ validated: true }, { validated: false }]) {
      const status = await statusOf(rig, options);
      for (const store of STORES) {
        const { digest, nonce } = run.stores[store] ?? {};
        const target = store === 'qdrant' ? 'memory/points' : 'memory/rows';
        expect(status[store]).toEqual({ target, state: 'in-step', count: 3, stamp: { digest, nonce, count: 3 } });
      }
    }
  });

  it('is unknown when the store has chunks and no stamp, after a load that was cut short or a verify that found differences', async () => {
    const rig = createCorpusRig();
    await rig.validate(inputs(4));
    await rig.embed();
    await rig.provision();
    rig.vectors.beforeWrite = () => {
      if (rig.vectors.cost.upserted > 0) throw new Error('killed');
    };
    await expect(rig.loadQdrant()).rejects.toThrow('killed');
    expect(await statesOf(rig)).toEqual({ qdrant: 'unknown', neon: 'empty' });
    rig.vectors.beforeWrite = undefined;
    await rig.load(inputs(4));
    for (const row of rig.rows.table.values()) row.text = 'edited';
    expect(await statesOf(rig)).toEqual(both('in-step'));
    await rig.verify();
    expect(await statesOf(rig)).toEqual({ qdrant: 'in-step', neon: 'unknown' });
    expect((await statusOf(rig)).neon).toMatchObject({ count: 4, stamp: null });
  });

  it.each(STORES)('is drifted when the count of %s differs from its stamp', async (store) => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    const items: Map<string, unknown> =
      store === 'qdrant' ? (rig.vectors.collection?.points ?? new Map()) : rig.rows.table;
    items.delete([...items.keys()][0] ?? '');
    expect(await statesOf(rig)).toEqual({ ...both('in-step'), [store]: 'drifted' });
    items.clear();
    expect(await statesOf(rig, { validated: false })).toEqual({ ...both('in-step'), [store]: 'drifted' });
    expect((await statusOf(rig))[store]).toMatchObject({ count: 0, stamp: { count: 3 } });
  });

  it('is outdated when another input was validated or a setting changed, in the stores that it concerns', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    await rig.validate(inputs(3).with(0, { id: 'c0', text: 'edited' }));
    expect(await statesOf(rig)).toEqual(both('outdated'));
    // Without what was validated last, the stamp is believed.
    expect(await statesOf(rig, { validated: false })).toEqual(both('in-step'));
    await rig.validate(inputs(3));
    const { vectors, rows, ledger, artifacts } = rig;
    const wider = createCorpusRig({ vectors, rows, ledger, artifacts, payload: ['tag'] });
    expect(await statesOf(wider)).toEqual({ qdrant: 'outdated', neon: 'in-step' });
  });

  it('is not affected by another corpus in the same stores', async () => {
    const rig = createCorpusRig();
    const { vectors, rows, ledger } = rig;
    const other = createCorpusRig({ corpus: 'other', vectors, rows, ledger });
    await other.load(inputs(5));
    await rig.validate(inputs(2));
    expect(await statesOf(rig)).toEqual(both('empty'));
    await rig.load(inputs(2));
    const { qdrant, neon } = await statusOf(rig);
    expect([qdrant.count, neon.count]).toEqual([2, 2]);
  });
});

it('asking for the status writes nothing', async () => {
  const rig = createCorpusRig();
  await rig.load(inputs(2));
  rig.rows.table.clear();
  rig.forgetCosts();
  const stamps = STORES.map((store) => rig.ledger.peek('books', store));
  const files = new Map(rig.artifacts.files);
  await statusOf(rig);
  expect(rig.costs()).toEqual(NO_COSTS);
  expect(rig.ledger.cost).toMatchObject({ stampsRemoved: 0, stampsWritten: 0 });
  expect([rig.ledger.peek('books', 'qdrant'), rig.ledger.peek('books', 'neon')]).toEqual(stamps);
  expect(rig.artifacts.files).toEqual(files);
});
