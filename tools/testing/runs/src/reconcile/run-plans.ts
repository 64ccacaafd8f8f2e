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
import { foreseeDrop, foreseeLoad, foreseeRepair, type Foreseen, type Outset } from './foreseen.ts';
import { wantsOf, type CorpusFile, type CorpusTraits } from './what-is-wanted.ts';

/** A kind of run: what it does, and what it is to do to what it finds. */
export interface RunPlan {
  readonly perform: (input: RunInput) => Promise<RunOutput>;
  readonly foresee: (outset: Outset, output: RunOutput) => Foreseen;
  /** How much it may delete. */
  readonly deleteLimit: DeleteLimit;
  /** Whether all its deletions come after all its other writes to the store. */
  readonly deletesLast: boolean;
}

/** What a guarded load may delete: of the few chunks here, hardly one. */
const GUARD: DeleteLimit = { percent: 30, count: 0 };

/** The kinds of runs over one pair of stores. They know of each other's stamps, and which loads a build system replays. */
export function createRunPlans() {
  /** What each nonce was given out for. */
  const wantedBy = new Map<string, string>();
  /** Store, nonce and inputs of the loads that ended well. */
  const replayable = new Set<string>();

  return {
    drop: { perform: dropFromStores, foresee: foreseeDrop, deleteLimit: UNLIMITED, deletesLast: true } as RunPlan,

    load(traits: CorpusTraits, file: CorpusFile, choices: Pick<LoadAction, 'way' | 'level' | 'guarded'>): RunPlan {
      const { way = 'run', level = 'content', guarded = false } = choices;
      const wants = wantsOf(traits, file);
      const deleteLimit = guarded ? GUARD : UNLIMITED;
      return {
        deleteLimit,
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
        foresee: (outset, output) =>
          foreseeLoad(wants, outset, {
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
        deletesLast: false,
        perform(input) {
          wantedBy.set(input.runId, wants.digest);
          return repairCorpusFrom(input, file, pay);
        },
        foresee: (outset) => foreseeRepair(traits, wants, outset, { pay }),
      };
    },
  };
}
