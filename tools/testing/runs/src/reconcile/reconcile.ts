import assert from 'node:assert/strict';
import { contentHashOf, embeddingKeyOf, type DeleteMode } from '@lockstep/model';
import { createProjection, type Projection } from '@lockstep/pipeline';
import { createMemoryArtifacts, createMemoryEmbeddings, createStubEmbedder } from '@lockstep/testing-ports';
import { TEXTS, type Fault, type ReconcileCase, type Takeover } from './actions.ts';
import { expectCutShort, expectUnchanged } from './checks.ts';
import type { Machine, RunOutput } from './corpus-runs.ts';
import { drift, type DriftingStores } from './drift.ts';
import { edited } from './edit-file.ts';
import type { InitialState } from './predictions.ts';
import { readContents, textsByVector, type Contents } from './contents.ts';
import { judgeRun } from './judge-run.ts';
import { createRunPlans, type RunPlan } from './run-plans.ts';
import { watchRun } from './watch-run.ts';
import { wantsOf, type CorpusFile, type CorpusTraits } from './wants.ts';

export interface ReconcileOptions {
  readonly stores: DriftingStores;
  /** Names of the two corpora, of which the stores have nothing yet. */
  readonly corpora: readonly [string, string];
  /** Counts what happened, so that a test can check that everything did. @default nothing is counted */
  readonly tally?: Map<string, number>;
}

/** One of the two corpora. */
interface Corpus {
  readonly traits: CorpusTraits;
  readonly projection: Projection;
  readonly machine: Machine;
  file: CorpusFile;
  /** Its contents after the last action. */
  contents: Contents;
  /** Whether nothing has happened to it since a run found it in step. */
  isSettled: boolean;
  /** Whether drift has changed its points or rows. */
  isDrifted: boolean;
}

let runs = 0;

/**
 * Plays the actions of a case on two corpora that share stores and embedding cache, and compares the result with a model.
 * After a run that ended well the stores contain what the model predicts, and the writes were the fewest that get there;
 * after one that failed, each point and row is in its old or its new state; of two runs of one corpus the later wins;
 * the other corpus is never touched. At the end both corpora are brought in step. Throws an `AssertionError` otherwise.
 */
export async function reconcile({ deletes, actions }: ReconcileCase, options: ReconcileOptions): Promise<void> {
  const { stores, tally = new Map<string, number>() } = options;
  const embedder = createStubEmbedder();
  const { identity } = embedder;
  const textOf = textsByVector([...TEXTS, 'always here'], identity.dimensions);
  const shared = createMemoryEmbeddings();
  const plans = createRunPlans();

  const count = (what: string): unknown => tally.set(what, (tally.get(what) ?? 0) + 1);
  const look = ({ traits }: Pick<Corpus, 'traits'>): Promise<Contents> => readContents(stores, traits.corpus, textOf);
  const newMachine = (): Machine => ({
    artifacts: createMemoryArtifacts(),
    embeddings: createMemoryEmbeddings(shared),
  });

  async function open(corpus: string, deletes: DeleteMode): Promise<Corpus> {
    const { model, dimensions } = identity;
    const projection = createProjection({ corpus, model, fields: ['tag'] });
    const traits = { corpus, deletes, model, dimensions, projection: projection.id };
    const contents = await look({ traits });
    return { traits, projection, machine: newMachine(), file: new Map(), contents, isSettled: false, isDrifted: false };
  }

  /** Does a run, which a fault may disturb, and compares it with its prediction. */
  async function run(corpus: Corpus, plan: RunPlan, fault?: Fault, machine = corpus.machine): Promise<RunOutput> {
    const { traits, projection } = corpus;
    runs += 1;
    const initialNow = (): InitialState => ({ runId, before: corpus.contents, paid: new Set(shared.paid.keys()) });
    const runId = `run-${runs}`;
    const start = initialNow();
    let initial = start;
    let takeoverFailure: { readonly error: unknown } | undefined;

    /** Does another run on another machine, from start to end, while no call of this one is under way. */
    async function beTakenOver(by: Takeover): Promise<void> {
      corpus.contents = await look(corpus);
      expectCutShort(start.before, corpus.contents, plan.predict(start, { loads: {} }), runId);
      const { file } = corpus;
      if (by.run === 'load') corpus.file = edited(file, by.edits);
      const other = by.run === 'drop' ? plans.drop : plans.load(traits, corpus.file, { level: 'vectors' });
      await run(corpus, other, undefined, newMachine());
      if (by.run === 'load' && !by.stays) corpus.file = file;
      initial = initialNow();
    }

    const watch = watchRun({
      fault,
      takeOver: (by) =>
        beTakenOver(by).catch((error: unknown) => {
          takeoverFailure = { error };
          throw error;
        }),
      hasStamp: async (store) => (await stores.ledger.stamp(traits.corpus, store)) !== undefined,
    });
    const output = await plan.perform({ traits, stores, embedder, machine, around: watch.around, projection, runId });
    if (takeoverFailure !== undefined) throw takeoverFailure.error;
    const after = await look(corpus);
    corpus.contents = after;
    const { isDrifted } = corpus;
    const verdict = judgeRun({ traits, plan, watch, output, start, initial, after, isDrifted, textOf });
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

  /** The run table has the run with its end, and the rows have its fence. */
  async function expectEntered(
    { traits: { corpus }, contents }: Corpus,
    runId: string,
    outcome: string,
  ): Promise<void> {
    const [last] = await stores.ledger.runs({ corpus, limit: 1 });
    assert.deepEqual([last?.runId, last?.end?.outcome], [runId, outcome], 'the latest run of the run table');
    assert.equal(await stores.rows.fence(corpus), contents.fence, 'the fence beside the rows');
  }

  async function expectUntouched(corpus: Corpus): Promise<void> {
    const now = await look(corpus);
    expectUnchanged(corpus.contents, now, `${corpus.traits.corpus}, to which nothing was done`);
    assert.equal(now.fence, corpus.contents.fence, `fence of ${corpus.traits.corpus}`);
  }

  /** Brings a corpus in step: the next run puts right what differs, and a repair the retained chunks. */
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
    // Only the row has its text: a repair cannot put right a row that was edited by hand or labelled as another text.
    const unsound = repaired?.differences.filter(({ point_id: id }) => !isSound(corpus.contents, id));
    assert.equal(unsound?.length, repaired?.differencesCount, 'differences after a repair, of rows that are sound');
    count('left after a repair');
  }

  /** Whether a row is there and its content has its own labels. */
  function isSound({ rows }: Contents, id: string | null): boolean {
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
      await drift(stores, corpus.traits, corpus.contents, action.drift);
      corpus.isDrifted = true;
      corpus.contents = await look(corpus);
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
