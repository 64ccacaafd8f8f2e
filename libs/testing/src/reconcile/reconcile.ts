import assert from 'node:assert/strict';
import { contentHashOf, embeddingKeyOf, type DeleteMode, type Row, type StoreName } from '@lockstep/model';
import { createProjection, type DeleteLimit, type Projection } from '@lockstep/pipeline';
import { createMemoryArtifacts } from '../memory-artifacts.ts';
import { createMemoryEmbeddings } from '../memory-embeddings.ts';
import { createStubEmbedder } from '../stub-embedder.ts';
import { TEXTS, type Edit, type Fault, type LoadAction, type ReconcileCase, type Takeover } from './actions.ts';
import {
  expectCutShort,
  expectDeletionsLast,
  expectFailure,
  expectForeseen,
  expectHonestLabels,
  expectOvertaken,
  STORES,
} from './checks.ts';
import {
  dropFromStores,
  loadCorpus,
  loadInputs,
  repairCorpus,
  UNLIMITED,
  type Machine,
  type RunInput,
  type RunOutput,
} from './corpus-runs.ts';
import { drift, type DriftingStores } from './drift.ts';
import { foreseeDrop, foreseeLoad, foreseeRepair, isRefused, type Foreseen, type Outset } from './foreseen.ts';
import { readHeld, shownAll, textsByVector, type Held } from './held.ts';
import { Killed, watchRun } from './watch-run.ts';
import { wantsOf, type CorpusFile, type CorpusTraits } from './what-is-wanted.ts';

export interface ReconcileOptions {
  readonly stores: DriftingStores;
  /** Names of the two corpora, in these stores for the first time. */
  readonly corpora: readonly [string, string];
  /** Counts what happened, so that a test can tell that all of it did. */
  readonly tally: Map<string, number>;
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

/** A kind of run: what it does, and what it is to do to what it finds. */
interface RunPlan {
  readonly perform: (input: RunInput) => Promise<RunOutput>;
  readonly foresee: (outset: Outset, output: RunOutput) => Foreseen;
  /** How much it may delete. */
  readonly deleteLimit: DeleteLimit;
  /** Whether all its deletions come after all its other writes to the store. */
  readonly deletesLast: boolean;
}

const DROP: RunPlan = { perform: dropFromStores, foresee: foreseeDrop, deleteLimit: UNLIMITED, deletesLast: true };

const GUARDED = ['delete-guard'] as const;

/** What a guarded load may delete. */
const GUARD: DeleteLimit = { percent: 30, count: 0 };

let runs = 0;

/**
 * Does to two corpora that share stores and embedding cache what the actions say, and holds what comes of it against a
 * model. After a run that ended well the stores hold what the model says, and the writes were the fewest that get there;
 * after one that did not, each point and row is as it was or as it was to be; of two runs of one corpus the later wins;
 * the other corpus is never touched. At the end both corpora are brought in step.
 */
export async function reconcile({ deletes, actions }: ReconcileCase, options: ReconcileOptions): Promise<void> {
  const { stores, tally } = options;
  const embedder = createStubEmbedder();
  const { model, dimensions } = embedder.identity;
  const textOf = textsByVector([...TEXTS, 'always here'], dimensions);
  const shared = createMemoryEmbeddings();
  /** What each nonce was given out for, and the loads that a build system would replay. */
  const wantedBy = new Map<string, string>();
  const replayable = new Set<string>();

  const count = (what: string): unknown => tally.set(what, (tally.get(what) ?? 0) + 1);
  const look = ({ traits }: Pick<Corpus, 'traits'>): Promise<Held> => readHeld(stores, traits.corpus, textOf);
  const newMachine = (): Machine => ({
    artifacts: createMemoryArtifacts(),
    embeddings: createMemoryEmbeddings(shared),
  });

  async function open(corpus: string, deletes: DeleteMode): Promise<Corpus> {
    const projection = createProjection({ corpus, model, fields: ['tag'] });
    const traits = { corpus, deletes, model, dimensions, projection: projection.id };
    return {
      traits,
      projection,
      machine: newMachine(),
      file: new Map(),
      held: await look({ traits }),
      isSettled: false,
      isDrifted: false,
    };
  }

  /** A load of the corpus's file as it is now. */
  function load({ traits, file }: Corpus, choices: Pick<LoadAction, 'replays' | 'level' | 'guarded'>): RunPlan {
    const wants = wantsOf(traits, file);
    const { replays = false, level = 'content', guarded = false } = choices;
    const deleteLimit = guarded ? GUARD : UNLIMITED;
    return {
      deleteLimit,
      deletesLast: true,
      async perform(input) {
        wantedBy.set(input.runId, wants.digest);
        const keyOf = (store: StoreName, nonce: string | undefined): string =>
          `${traits.corpus} ${store} ${nonce} ${loadInputs(input.machine.artifacts)}`;
        const output = await loadCorpus(input, file, {
          level,
          deleteLimit,
          isReplayed: (store, nonce) => replays && replayable.has(keyOf(store, nonce)),
        });
        for (const store of STORES) {
          if (output.loads[store] === 'done') replayable.add(keyOf(store, output.run?.stores[store]?.nonce));
          if (output.loads[store] === 'replayed') count('replayed');
        }
        return output;
      },
      foresee: (outset, output) =>
        foreseeLoad(wants, outset, {
          level,
          isStampOf: ({ digest }, nonce) => wantedBy.get(nonce) === digest,
          isReplayed: (store) => output.loads[store] === 'replayed',
        }),
    };
  }

  /** A repair with the corpus's file as it is now. */
  function repair({ traits, file }: Corpus, pay: boolean): RunPlan {
    const wants = wantsOf(traits, file);
    return {
      deleteLimit: UNLIMITED,
      deletesLast: false,
      perform(input) {
        wantedBy.set(input.runId, wants.digest);
        return repairCorpus(input, file, pay);
      },
      foresee: (outset) => foreseeRepair(traits, wants, outset, { pay }),
    };
  }

  /** A run, which may be disturbed; what it did is held against what was foreseen. */
  async function run(corpus: Corpus, plan: RunPlan, fault?: Fault, machine = corpus.machine): Promise<RunOutput> {
    const { traits, projection } = corpus;
    const { corpus: name } = traits;
    runs += 1;
    const runId = `run-${runs}`;
    let outset: Outset = { runId, before: corpus.held, paid: new Set(shared.paid.keys()) };
    let unforeseen: { readonly error: unknown } | undefined;

    /** Runs another one on another machine, while nothing of this one is under way. */
    async function beTakenOver(by: Takeover): Promise<void> {
      const { before } = outset;
      corpus.held = await look(corpus);
      expectCutShort(before, corpus.held, plan.foresee(outset, { loads: {} }), runId);
      const { file } = corpus;
      if (by.run === 'load') corpus.file = edited(file, by.edits);
      const other = by.run === 'drop' ? DROP : load(corpus, { level: 'vectors' });
      await run(corpus, other, undefined, newMachine());
      if (by.run === 'load' && !by.stays) corpus.file = file;
      outset = { runId, before: corpus.held, paid: new Set(shared.paid.keys()) };
    }

    const watch = watchRun({
      fault,
      takeOver: (by) =>
        beTakenOver(by).catch((error: unknown) => {
          unforeseen = { error };
          throw error;
        }),
      hasStamp: async (store) => (await stores.ledger.stamp(name, store)) !== undefined,
    });
    const output = await plan.perform({ traits, stores, embedder, machine, around: watch.around, projection, runId });
    if (unforeseen !== undefined) throw unforeseen.error;
    const after = await look(corpus);
    corpus.held = after;
    assert.deepEqual(watch.forbidden, [], 'forbidden calls');
    if (plan.deletesLast) expectDeletionsLast(watch);
    if (!corpus.isDrifted) expectHonestLabels(traits, after);

    if (watch.takenOver?.fenced === true) {
      expectOvertaken(outset.before, after, output, watch.takenOver, textOf);
      // One that is still in its provision may be refused for what the other left.
      const isGuarded = plan.deleteLimit !== UNLIMITED && output.run === undefined;
      if (output.failure !== undefined) expectFailure(output.failure, 'overtaken', ...(isGuarded ? GUARDED : []));
      count(output.failure === undefined ? 'taken over too late' : 'taken over');
      if (watch.takenOver.stragglers.length > 0) count('straggler');
      return output;
    }
    const foreseen = plan.foresee(outset, output);
    if (watch.happened === 'failed call' || watch.happened === 'kill') {
      if (watch.happened === 'kill') assert.ok(output.failure instanceof Killed, 'the run ends when it is killed');
      else if (!isRefused(foreseen, outset, plan.deleteLimit)) expectFailure(output.failure, 'service-unavailable');
      expectCutShort(outset.before, after, foreseen, runId);
      count(watch.happened);
      return output;
    }
    if (watch.happened === 'takeover') count('came later than the other');
    if (isRefused(foreseen, outset, plan.deleteLimit)) {
      expectFailure(output.failure, 'delete-guard');
      expectUnchanged(corpus, outset.before, after);
      count('refused');
      return output;
    }
    if (output.failure !== undefined) throw output.failure;
    expectForeseen(after, output, watch, foreseen);
    const [last] = await stores.ledger.runs({ corpus: name, limit: 1 });
    const outcome = output.verified?.ok === false ? 'differ' : 'done';
    assert.deepEqual([last?.runId, last?.end?.outcome], [runId, outcome], 'the latest run of the run table');
    assert.equal(await stores.rows.fence(name), after.fence, 'the fence beside the rows');
    count(output.verified === undefined ? 'dropped' : outcome);
    corpus.isSettled = output.verified?.ok === true;
    return output;
  }

  const corpora: Corpus[] = [];
  for (const [at, corpus] of options.corpora.entries()) corpora.push(await open(corpus, deletes[at] as DeleteMode));

  for (const action of actions) {
    if (action.do === 'lose cache') {
      shared.paid.clear();
      for (const { machine } of corpora) machine.embeddings.sliced.clear();
      continue;
    }
    const corpus = corpora[action.side] as Corpus;
    corpus.isSettled = false;
    const other = corpora[1 - action.side] as Corpus;
    switch (action.do) {
      case 'drift':
        await drift(stores, corpus.traits, corpus.held, action.drift);
        corpus.isDrifted = true;
        corpus.held = await look(corpus);
        break;
      case 'load':
        corpus.file = edited(corpus.file, action.edits);
        await run(corpus, load(corpus, action), action.fault);
        break;
      case 'repair':
        corpus.file = edited(corpus.file, action.edits);
        await run(corpus, repair(corpus, action.pay === true), action.fault);
        break;
      case 'drop':
        await run(corpus, DROP, action.fault);
        break;
    }
    await expectUntouched(other);
  }
  for (const corpus of corpora) if (!corpus.isSettled) await settle(corpus);
  for (const corpus of corpora) await expectUntouched(corpus);

  async function expectUntouched(corpus: Corpus): Promise<void> {
    const now = await look(corpus);
    expectUnchanged(corpus, corpus.held, now);
    assert.equal(now.fence, corpus.held.fence, `fence of ${corpus.traits.corpus}, which nothing was done to`);
  }

  /** Points, rows and stamps are what they were. */
  function expectUnchanged({ traits }: Corpus, before: Held, now: Held): void {
    const everything = ({ points, rows, stamps }: Held): string =>
      [shownAll(points), shownAll(rows), JSON.stringify(stamps)].join('\n');
    assert.equal(everything(now), everything(before), `${traits.corpus}, to which nothing was to be done`);
  }

  /** Whether a row is what its own labels say. */
  function isSound(row: Row | undefined): boolean {
    if (row === undefined) return false;
    return row.contentHash === contentHashOf(row) && row.embeddingKey === embeddingKeyOf(embedder.identity, row.text);
  }

  /** A run that finds differences is made up for by the next; what stays without being in the file, by a repair. */
  async function settle(corpus: Corpus): Promise<void> {
    const again = (): Promise<RunOutput> => run(corpus, load(corpus, { replays: true, level: 'vectors' }));
    if ((await again()).verified?.ok === true) return;
    const second = (await again()).verified;
    if (second?.ok === true) return count('put right by the next run') as undefined;
    const { rows } = wantsOf(corpus.traits, corpus.file);
    const wanted = second?.differences.filter(({ point_id: id }) => id !== null && rows.has(id));
    assert.deepEqual(wanted, [], 'differences in what is wanted, after a second run');
    const repaired = (await run(corpus, repair(corpus, true))).verified;
    if (repaired?.ok === true) count('put right by a repair');
    else {
      // The text of a row is nowhere else: of one that was edited by hand, or labelled as another text, it only tells.
      const unsound = repaired?.differences.filter(({ point_id: id }) => !isSound(corpus.held.rows.get(id ?? '')));
      assert.equal(unsound?.length, repaired?.differencesCount, 'differences after a repair, of rows that are sound');
      count('told of');
    }
  }
}

/** A file after some edits. */
function edited(file: CorpusFile, edits: readonly Edit[] = []): CorpusFile {
  const next = new Map(file);
  for (const edit of edits) {
    const version = next.get(edit.id);
    if (edit.edit === 'add') next.set(edit.id, edit.version);
    else if (edit.edit === 'delete') next.delete(edit.id);
    else if (edit.edit === 'reject') next.set(edit.id, 'unacceptable');
    else if (version === undefined || version === 'unacceptable') continue;
    else if (edit.edit === 'text') next.set(edit.id, { ...version, text: edit.text });
    else if (edit.edit === 'metadata') next.set(edit.id, { ...version, tag: edit.tag });
  }
  return next;
}
