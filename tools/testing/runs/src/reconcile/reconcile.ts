import assert from 'node:assert/strict';
import { contentHashOf, embeddingKeyOf, type DeleteMode } from '@lockstep/model';
import { createProjection, type Projection } from '@lockstep/pipeline';
import { createMemoryArtifacts, createMemoryEmbeddings, createStubEmbedder } from '@lockstep/testing-ports';
import { TEXTS, type Fault, type ReconcileCase, type Takeover } from './actions.ts';
import { expectCutShort, expectUnchanged } from './checks.ts';
import type { Machine, RunOutput } from './corpus-runs.ts';
import { drift, type DriftingStores } from './drift.ts';
import { edited } from './edit-file.ts';
import type { Outset } from './foreseen.ts';
import { readHeld, textsByVector, type Held } from './held.ts';
import { judgeRun } from './judge-run.ts';
import { createRunPlans, type RunPlan } from './run-plans.ts';
import { watchRun } from './watch-run.ts';
import { wantsOf, type CorpusFile, type CorpusTraits } from './what-is-wanted.ts';

export interface ReconcileOptions {
  readonly stores: DriftingStores;
  /** Names of the two corpora, in these stores for the first time. */
  readonly corpora: readonly [string, string];
  /** Counts what happened, so that a test can tell that all of it did. */
  readonly tally?: Map<string, number>;
}

/** One of the two corpora. */
interface Corpus {
  readonly traits: CorpusTraits;
  readonly projection: Projection;
  readonly machine: Machine;
  file: CorpusFile;
  /** What the stores held of it after the last action. */
  held: Held;
  /** Whether nothing has happened to it since a run found it in step. */
  isSettled: boolean;
  /** Whether somebody else has changed its points or rows. */
  isDrifted: boolean;
}

let runs = 0;

/**
 * Does to two corpora that share stores and embedding cache what the actions say, and holds what comes of it against a
 * model. After a run that ended well the stores hold what the model says, and the writes were the fewest that get there;
 * after one that did not, each point and row is as it was or as it was to be; of two runs of one corpus the later wins;
 * the other corpus is never touched. At the end both corpora are brought in step.
 */
export async function reconcile({ deletes, actions }: ReconcileCase, options: ReconcileOptions): Promise<void> {
  const { stores, tally = new Map<string, number>() } = options;
  const embedder = createStubEmbedder();
  const { identity } = embedder;
  const textOf = textsByVector([...TEXTS, 'always here'], identity.dimensions);
  const shared = createMemoryEmbeddings();
  const plans = createRunPlans();

  const count = (what: string): unknown => tally.set(what, (tally.get(what) ?? 0) + 1);
  const look = ({ traits }: Pick<Corpus, 'traits'>): Promise<Held> => readHeld(stores, traits.corpus, textOf);
  const newMachine = (): Machine => ({
    artifacts: createMemoryArtifacts(),
    embeddings: createMemoryEmbeddings(shared),
  });

  async function open(corpus: string, deletes: DeleteMode): Promise<Corpus> {
    const { model, dimensions } = identity;
    const projection = createProjection({ corpus, model, fields: ['tag'] });
    const traits = { corpus, deletes, model, dimensions, projection: projection.id };
    const held = await look({ traits });
    return { traits, projection, machine: newMachine(), file: new Map(), held, isSettled: false, isDrifted: false };
  }

  /** A run, which may be disturbed; what it did is held against what was foreseen. */
  async function run(corpus: Corpus, plan: RunPlan, fault?: Fault, machine = corpus.machine): Promise<RunOutput> {
    const { traits, projection } = corpus;
    runs += 1;
    const outsetNow = (): Outset => ({ runId, before: corpus.held, paid: new Set(shared.paid.keys()) });
    const runId = `run-${runs}`;
    const start = outsetNow();
    let outset = start;
    let unforeseen: { readonly error: unknown } | undefined;

    /** Another run on another machine, from start to end, while nothing of this one is under way. */
    async function beTakenOver(by: Takeover): Promise<void> {
      corpus.held = await look(corpus);
      expectCutShort(start.before, corpus.held, plan.foresee(start, { loads: {} }), runId);
      const { file } = corpus;
      if (by.run === 'load') corpus.file = edited(file, by.edits);
      const other = by.run === 'drop' ? plans.drop : plans.load(traits, corpus.file, { level: 'vectors' });
      await run(corpus, other, undefined, newMachine());
      if (by.run === 'load' && !by.stays) corpus.file = file;
      outset = outsetNow();
    }

    const watch = watchRun({
      fault,
      takeOver: (by) =>
        beTakenOver(by).catch((error: unknown) => {
          unforeseen = { error };
          throw error;
        }),
      hasStamp: async (store) => (await stores.ledger.stamp(traits.corpus, store)) !== undefined,
    });
    const output = await plan.perform({ traits, stores, embedder, machine, around: watch.around, projection, runId });
    if (unforeseen !== undefined) throw unforeseen.error;
    const after = await look(corpus);
    corpus.held = after;
    const { isDrifted } = corpus;
    const verdict = judgeRun({ traits, plan, watch, output, start, outset, after, isDrifted, textOf });
    if (verdict === 'done' || verdict === 'differ' || verdict === 'dropped') {
      await expectEntered(corpus, runId, verdict === 'differ' ? 'differ' : 'done');
    }
    corpus.isSettled = verdict === 'done';

    count(verdict);
    if (watch.takenOver?.fenced === false) count('came later than the other');
    if (watch.takenOver !== undefined && watch.takenOver.stragglers.length > 0) count('straggler');
    if (Object.values(output.loads).includes('replayed')) count('replayed');
    return output;
  }

  /** The run table has the run with its end, and the rows are under its fence. */
  async function expectEntered({ traits: { corpus }, held }: Corpus, runId: string, outcome: string): Promise<void> {
    const [last] = await stores.ledger.runs({ corpus, limit: 1 });
    assert.deepEqual([last?.runId, last?.end?.outcome], [runId, outcome], 'the latest run of the run table');
    assert.equal(await stores.rows.fence(corpus), held.fence, 'the fence beside the rows');
  }

  async function expectUntouched(corpus: Corpus): Promise<void> {
    const now = await look(corpus);
    expectUnchanged(corpus.held, now, `${corpus.traits.corpus}, to which nothing was done`);
    assert.equal(now.fence, corpus.held.fence, `fence of ${corpus.traits.corpus}`);
  }

  /** A run that finds differences is made up for by the next; what stays without being in the file, by a repair. */
  async function settle(corpus: Corpus): Promise<void> {
    const again = (): Promise<RunOutput> =>
      run(corpus, plans.load(corpus.traits, corpus.file, { way: 'replays', level: 'vectors' }));
    if ((await again()).verified?.ok === true) return;
    const second = (await again()).verified;
    if (second?.ok === true) {
      count('put right by the next run');
      return;
    }
    const { rows } = wantsOf(corpus.traits, corpus.file);
    const wanted = second?.differences.filter(({ point_id: id }) => id !== null && rows.has(id));
    assert.deepEqual(wanted, [], 'differences in what is wanted, after a second run');
    const repaired = (await run(corpus, plans.repair(corpus.traits, corpus.file, true))).verified;
    if (repaired?.ok === true) {
      count('put right by a repair');
      return;
    }
    // The text of a row is nowhere else: where that was edited by hand, or the row labelled as another text, it only tells.
    const unsound = repaired?.differences.filter(({ point_id: id }) => !isSound(corpus.held, id));
    assert.equal(unsound?.length, repaired?.differencesCount, 'differences after a repair, of rows that are sound');
    count('told of');
  }

  /** Whether a row is there and is what its own labels say. */
  function isSound({ rows }: Held, id: string | null): boolean {
    const row = rows.get(id ?? '');
    if (row === undefined) return false;
    return row.contentHash === contentHashOf(row) && row.embeddingKey === embeddingKeyOf(identity, row.text);
  }

  const one = await open(options.corpora[0], deletes[0]);
  const two = await open(options.corpora[1], deletes[1]);
  for (const action of actions) {
    if (action.do === 'lose cache') {
      shared.paid.clear();
      for (const { machine } of [one, two]) machine.embeddings.sliced.clear();
      continue;
    }
    const [corpus, other] = action.side === 0 ? [one, two] : [two, one];
    corpus.isSettled = false;
    if (action.do === 'drift') {
      await drift(stores, corpus.traits, corpus.held, action.drift);
      corpus.isDrifted = true;
      corpus.held = await look(corpus);
      continue;
    }
    if (action.do === 'drop') await run(corpus, plans.drop, action.fault);
    else {
      corpus.file = edited(corpus.file, action.edits);
      const { traits, file } = corpus;
      const plan =
        action.do === 'load' ? plans.load(traits, file, action) : plans.repair(traits, file, action.pay === true);
      await run(corpus, plan, action.fault);
    }
    await expectUntouched(other);
  }
  for (const corpus of [one, two]) if (!corpus.isSettled) await settle(corpus);
  for (const corpus of [one, two]) await expectUntouched(corpus);
}
