import { expect, it } from 'vitest';
import { createMemoryRowStore, createMemoryVectorStore } from '@lockstep/testing-ports';
import { createCorpusRig, type CorpusRig } from '@lockstep/testing-runs';

/** Items of one page of a scan, and of one write. */
const PAGE = 10;

const inputs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

function rigOfPages(): CorpusRig {
  return createCorpusRig({
    vectors: createMemoryVectorStore({ pageItems: PAGE }),
    rows: createMemoryRowStore({ pageItems: PAGE }),
    batchItems: PAGE,
  });
}

/** Requests of both loads to their stores. */
async function requestsOfLoads(rig: CorpusRig): Promise<{ qdrant: number; neon: number }> {
  rig.forgetCosts();
  await rig.loadQdrant();
  await rig.loadNeon();
  return { qdrant: rig.vectors.cost.calls, neon: rig.rows.cost.calls };
}

async function prepare(rig: CorpusRig, records: readonly { id: string; text: string }[]): Promise<void> {
  await rig.validate(records);
  await rig.embed();
  await rig.provision({ deleteLimit: { percent: 100, count: 0 } });
}

it('a first load reads one empty page, writes each batch once, and counts the store', async () => {
  const rig = rigOfPages();
  await prepare(rig, inputs(25));
  const requests = 1 + Math.ceil(25 / PAGE) + 1;
  expect(await requestsOfLoads(rig)).toEqual({ qdrant: requests, neon: requests });
});

it('a load of an unchanged corpus reads each page once, and counts the store', async () => {
  const rig = rigOfPages();
  await rig.load(inputs(25));
  await prepare(rig, inputs(25));
  expect(await requestsOfLoads(rig)).toEqual({ qdrant: 3 + 1, neon: 3 + 1 });
});

it('a load that changes and deletes reads each page once, and sends one request for each batch', async () => {
  const rig = rigOfPages();
  await rig.load(inputs(25));
  const records = inputs(20).map((record, at) => (at < 5 ? { ...record, text: `edited ${at}` } : record));
  await prepare(rig, records);
  expect(await requestsOfLoads(rig)).toEqual({ qdrant: 3 + 1 + 1 + 1, neon: 3 + 1 + 1 + 1 });
  expect(rig.vectors.journal).toEqual(['upsert 5', 'delete 5']);
  expect(rig.rows.journal).toEqual(['upsert 5', 'delete 5']);
  expect(await rig.verify('vectors')).toMatchObject({ ok: true });
});
