import { describe, expect, it } from 'vitest';
import {
  IndexingError,
  STAGE_DEPENDENCIES,
  STAGES,
  type RowStore,
  type Stage,
  type VectorStore,
} from '@lockstep/model';
import { createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS } from '@lockstep/testing-runs';
import type { Corpus } from './corpus.ts';
import { runCorpus } from './run.ts';
import { inStageOrder } from './work/stage-order.ts';

const inputs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));
const OPTIONS = { limits: { deletes: { percent: 20, count: 20 } }, verify: { level: 'content' } } as const;

describe('runCorpus', () => {
  it('loads both stores, and writes and pays for nothing when it is repeated', async () => {
    const rig = createCorpusRig();
    const first = await rig.run(inputs(5));
    expect(first).toMatchObject({
      validate: { accepted: 5 },
      embed: { embedded: 5 },
      'load-qdrant': { written: 5 },
      'load-neon': { written: 5 },
      verify: { ok: true },
    });
    rig.forgetCosts();
    expect((await rig.run(inputs(5))).verify.ok).toBe(true);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('pays for nothing when a store refuses the model', async () => {
    const rig = createCorpusRig();
    await rig.run(inputs(2));
    const { vectors, rows, ledger } = rig;
    const other = createCorpusRig({
      ...{ vectors, rows, ledger },
      embedder: createStubEmbedder({ identity: { dimensions: 16 } }),
    });
    expect(await failureOf(other.run(inputs(3)))).toMatchObject({ code: 'model-mismatch' });
    expect(other.costs()).toMatchObject({ requests: 0, inputs: 0 });
  });

  it('pays for nothing when the provision fails', async () => {
    const rig = createCorpusRig();
    const corpus: Corpus = {
      ...rig.open(inputs(3)),
      provision: () => Promise.reject(new IndexingError({ code: 'service-unavailable', message: 'gone' })),
    };
    expect(await failureOf(runCorpus(corpus, OPTIONS))).toMatchObject({ message: 'gone' });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('refuses a plan over the limit of deletions before it writes or pays for anything', async () => {
    const rig = createCorpusRig({ batchItems: 50 });
    await rig.run(inputs(60));
    rig.forgetCosts();
    const records = [{ id: 'new', text: 'new' }, ...inputs(5)];
    expect(await failureOf(rig.run(records))).toMatchObject({ code: 'delete-guard', stage: undefined });
    expect(rig.costs()).toEqual(NO_COSTS);
    const [last] = await rig.ledger.runs({ corpus: rig.corpus, limit: 1 });
    expect(last).toMatchObject({ fence: 1, end: { outcome: 'done' } });
  });

  it('refuses a plan that costs too much before it writes or pays for anything', async () => {
    const rig = createCorpusRig();
    const asked: number[] = [];
    const guardTokens = (tokens: number): never => {
      asked.push(tokens);
      throw new IndexingError({ code: 'cost-guard', message: 'too much' });
    };
    expect(await failureOf(rig.run(inputs(3), { guardTokens }))).toMatchObject({ code: 'cost-guard' });
    expect(asked).toEqual([6]);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('checks the limit of deletions again when it has taken the fence', async () => {
    const rig = createCorpusRig({ batchItems: 50 });
    await rig.run(inputs(10));
    const { vectors, rows, ledger } = rig;
    const other = createCorpusRig({ vectors, rows, ledger, batchItems: 50 });
    const corpus = rig.open(inputs(10));
    const provision: Corpus['provision'] = async (options) => {
      // Another run, after the plan of this one.
      await other.run(inputs(60));
      rig.forgetCosts();
      return corpus.provision(options);
    };
    expect(await failureOf(runCorpus({ ...corpus, provision }, OPTIONS))).toMatchObject({ code: 'delete-guard' });
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('scans each store three times when something has changed: in the plan, in the load and in verify', async () => {
    const rig = createCorpusRig();
    await rig.run(inputs(3));
    const scans = { points: 0, rows: 0 };
    const vectors: VectorStore = {
      ...rig.vectors,
      scan: (...call) => ((scans.points += 1), rig.vectors.scan(...call)),
    };
    const rows: RowStore = {
      ...rig.rows,
      scan: (...call) => ((scans.rows += 1), rig.rows.scan(...call)),
      scanRows: (...call) => ((scans.rows += 1), rig.rows.scanRows(...call)),
    };
    const { ledger, embeddings, artifacts } = rig;
    const ports = { vectors: async () => vectors, rows: async () => rows };
    await createCorpusRig({ ledger, embeddings, artifacts, ports }).run(inputs(4));
    expect(scans).toEqual({ points: 3, rows: 3 });
  });

  it('loads one store alone when `only` names it', async () => {
    const rig = createCorpusRig();
    const done = await runCorpus(rig.open(inputs(2)), { ...OPTIONS, only: 'neon' });
    expect(done['load-qdrant']).toBeUndefined();
    expect([rig.vectors.collection, rig.rows.table.size]).toEqual([undefined, 2]);
  });
});

describe('inStageOrder', () => {
  /** Stages that end when the test says so. */
  function byHand() {
    const begun: Stage[] = [];
    const ends = Object.fromEntries(STAGES.map((stage) => [stage, Promise.withResolvers<void>()]));
    const calls = Object.fromEntries(
      STAGES.map((stage) => [
        stage,
        () => {
          begun.push(stage);
          return ends[stage]?.promise;
        },
      ]),
    );
    return { begun, ends, calls };
  }
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  it('starts a stage when all stages that it needs have ended, and not before', async () => {
    const { begun, ends, calls } = byHand();
    const ended = inStageOrder(calls);
    const done = new Set<Stage>();
    for (const stage of STAGES) {
      await settled();
      const ready = STAGES.filter((each) => STAGE_DEPENDENCIES[each].every((needed) => done.has(needed)));
      expect(new Set(begun)).toEqual(new Set(ready));
      ends[stage]?.resolve();
      done.add(stage);
    }
    await ended;
  });

  it('lets a running stage end before it throws the error of another, and starts no more', async () => {
    const { begun, ends, calls } = byHand();
    for (const stage of ['validate', 'embed', 'provision'] as const) ends[stage]?.resolve();
    let thrown: unknown;
    const ended = inStageOrder(calls).catch((error: unknown) => (thrown = error));
    await settled();
    ends['load-qdrant']?.reject(new Error('the load failed'));
    await settled();
    expect(thrown).toBeUndefined();
    ends['load-neon']?.resolve();
    await ended;
    expect(thrown).toEqual(new Error('the load failed'));
    expect(begun).not.toContain('verify');
  });
});
