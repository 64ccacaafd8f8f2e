import { STORES, type StoreName } from '@lockstep/model';
import type { DeleteLimit } from '@lockstep/pipeline';
import type { LoadAction } from './actions.ts';
import {
  dropFromStores,
  loadCorpus,
  loadCorpusByStages,
  loadInputs,
  repairCorpusFrom,
  UNLIMITED,
  type RunInput,
  type RunOutput,
} from './corpus-runs.ts';
import { predictDrop, predictLoad, predictRepair, type Prediction, type InitialState } from './predictions.ts';
import { wantsOf, type CorpusFile, type CorpusTraits } from './wants.ts';

/** A kind of run: how to do it, and how to predict what it does. */
export interface RunPlan {
  readonly perform: (input: RunInput) => Promise<RunOutput>;
  readonly predict: (initial: InitialState, output: RunOutput) => Prediction;
  /** How much it may delete. */
  readonly deleteLimit: DeleteLimit;
  /** Whether its stages run one by one, each as a process of its own would. */
  readonly byStages: boolean;
  /** Whether it deletes from a store only after all its other writes to it. */
  readonly deletesLast: boolean;
}

/** What a guarded load may delete: one in four of the few chunks here, but not one in three. */
const GUARD: DeleteLimit = { percent: 30, count: 0 };

/** The kinds of runs over one pair of stores. They share which nonce is for which wants, and which loads can be replayed. */
export function createRunPlans() {
  /** Digest of the wants that each nonce was given out for. */
  const wantedBy = new Map<string, string>();
  /** Store, nonce and inputs of the loads that ended well. */
  const replayable = new Set<string>();

  return {
    drop: {
      perform: dropFromStores,
      predict: predictDrop,
      deleteLimit: UNLIMITED,
      byStages: false,
      deletesLast: true,
    } satisfies RunPlan,

    load(traits: CorpusTraits, file: CorpusFile, choices: Pick<LoadAction, 'way' | 'level' | 'guarded'>): RunPlan {
      const { way = 'run', level = 'content', guarded = false } = choices;
      const wants = wantsOf(traits, file);
      const deleteLimit = guarded ? GUARD : UNLIMITED;
      return {
        deleteLimit,
        byStages: way !== 'run',
        deletesLast: true,
        async perform(input) {
          wantedBy.set(input.runId, wants.digest);
          const keyOf = (store: StoreName, nonce: string | undefined): string =>
            `${traits.corpus} ${store} ${nonce} ${loadInputs(input.machine.artifacts)}`;
          const isReplayed = (store: StoreName, nonce: string): boolean =>
            way === 'replays' && replayable.has(keyOf(store, nonce));
          const output = await (way === 'run'
            ? loadCorpus(input, file, { level, deleteLimit })
            : loadCorpusByStages(input, file, { level, deleteLimit }, isReplayed));
          for (const store of STORES) {
            if (output.loads[store] === 'done') replayable.add(keyOf(store, output.run?.stores[store]?.nonce));
          }
          return output;
        },
        predict: (initial, output) =>
          predictLoad(wants, initial, {
            level,
            isStampOf: ({ digest }, nonce) => wantedBy.get(nonce) === digest,
            isReplayed: (store) => output.loads[store] === 'replayed',
          }),
      };
    },

    repair(traits: CorpusTraits, file: CorpusFile, pay: boolean): RunPlan {
      const wants = wantsOf(traits, file);
      return {
        deleteLimit: UNLIMITED,
        byStages: false,
        deletesLast: false,
        perform(input) {
          wantedBy.set(input.runId, wants.digest);
          return repairCorpusFrom(input, file, pay);
        },
        predict: (initial) => predictRepair(traits, wants, initial, { pay }),
      };
    },
  };
}
