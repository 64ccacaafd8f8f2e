import { SILENT, type Embedder, type StoreName } from '@lockstep/model';
import {
  dropCorpus,
  embed,
  endRun,
  FILES,
  loadNeon,
  loadQdrant,
  provision,
  repairRetained,
  validate,
  verify,
  type DeleteLimit,
  type Projection,
  type ProvisionReceipt,
  type StageContext,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import type { MemoryArtifacts } from '../memory-artifacts.ts';
import type { MemoryEmbeddings } from '../memory-embeddings.ts';
import type { ReconciledStores } from './held.ts';
import { watchCalls, type AroundCall } from './watch-calls.ts';
import { recordsOf, type CorpusFile, type CorpusTraits } from './what-is-wanted.ts';

/** Files and slice of one corpus on one machine. */
export interface Machine {
  readonly artifacts: MemoryArtifacts;
  readonly embeddings: MemoryEmbeddings;
}

export interface RunInput {
  readonly traits: CorpusTraits;
  readonly stores: ReconciledStores;
  readonly embedder: Embedder;
  readonly machine: Machine;
  readonly around: AroundCall;
  readonly projection: Projection;
  /** Tells this run from all others, also in its nonce. */
  readonly runId: string;
}

/** How the loads of a run ended, and what its verify told. */
export interface RunOutput {
  run?: ProvisionReceipt;
  readonly loads: Partial<Record<StoreName, 'replayed' | 'done' | { readonly failure: unknown }>>;
  verified?: VerifyReceipt;
  failure?: unknown;
}

/** Chunks in one request and one write, and how many of them are under way at once. */
export const BATCH_ITEMS = 2;
const CONCURRENCY = 2;

/** Lets all go. */
export const UNLIMITED: DeleteLimit = { percent: 100, count: 0 };

/** A whole run, as the command line does it: both loads at once, and its end in the run table. Never throws. */
export async function loadCorpus(
  input: RunInput,
  file: CorpusFile,
  options: {
    readonly level: 'content' | 'vectors';
    readonly deleteLimit: DeleteLimit;
    /** Whether the load of a store need not be done again for this nonce, since it ended well. */
    readonly isReplayed: (store: StoreName, nonce: string) => boolean;
  },
): Promise<RunOutput> {
  const stages = stagesOf(input);
  const output: RunOutput = { loads: {} };
  try {
    await stages.validate(file);
    const run = await stages.provision({ recheck: false, deleteLimit: options.deleteLimit });
    output.run = run;
    await stages.orEnd(async () => {
      await stages.embed(true);
      const load = async (store: StoreName, really: () => Promise<unknown>): Promise<void> => {
        if (options.isReplayed(store, run.stores[store]?.nonce ?? '')) output.loads[store] = 'replayed';
        else {
          try {
            await really();
            output.loads[store] = 'done';
          } catch (failure) {
            output.loads[store] = { failure };
            throw failure;
          }
        }
      };
      const ended = await Promise.allSettled([
        load('qdrant', () => stages.loadQdrant(false)),
        load('neon', stages.loadNeon),
      ]);
      for (const one of ended) if (one.status === 'rejected') throw one.reason;
      output.verified = await stages.verify(options.level);
    });
  } catch (failure) {
    output.failure = failure;
  }
  return output;
}

/** A repair with records, as the command line does it. Never throws. */
export async function repairCorpus(input: RunInput, file: CorpusFile, pay: boolean): Promise<RunOutput> {
  const stages = stagesOf(input);
  const output: RunOutput = { loads: {} };
  try {
    await stages.validate(file);
    const run = await stages.provision({ recheck: true, deleteLimit: UNLIMITED });
    output.run = run;
    await stages.orEnd(async () => {
      await stages.embed(pay);
      await stages.repairRetained(run, pay);
      // One that leaves points out has nothing to say of the store.
      if ((await stages.loadQdrant(true)).left === 0) output.loads.qdrant = 'done';
      await stages.loadNeon();
      output.loads.neon = 'done';
      output.verified = await stages.verify('vectors');
    });
  } catch (failure) {
    output.failure = failure;
  }
  return output;
}

/** Drops a corpus. Never throws. */
export async function dropFromStores(input: RunInput): Promise<RunOutput> {
  const { context, ports } = stagesOf(input);
  try {
    await dropCorpus(context, { ...ports, runId: input.runId, batchItems: BATCH_ITEMS });
    return { loads: {} };
  } catch (failure) {
    return { loads: {}, failure };
  }
}

function stagesOf({ traits, stores, embedder, machine, around, projection, runId }: RunInput) {
  const { corpus, deletes, dimensions } = traits;
  const { artifacts, embeddings } = machine;
  const ports = {
    vectors: watchCalls(stores.vectors, 'qdrant', around),
    rows: watchCalls(stores.rows, 'neon', around),
    ledger: watchCalls(stores.ledger, 'ledger', around),
  };
  const watched = watchCalls(embedder, 'embedder', around);
  const cache = watchCalls(embeddings.cache, 'cache', around);
  const { slice } = embeddings;
  const context: StageContext = {
    corpus,
    artifacts,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    logger: SILENT,
  };
  const loading = { ledger: ports.ledger, deletes, batchItems: BATCH_ITEMS, concurrency: CONCURRENCY };

  return {
    context,
    ports,
    validate: (file: CorpusFile) =>
      validate(context, {
        input: { name: 'chunks.json', bytes: bytesOf(JSON.stringify(recordsOf(file))) },
        identity: embedder.identity,
        inputTokensMax: embedder.inputTokensMax,
        tokensOver: embedder.tokensOver,
        strict: false,
      }),
    provision: ({ recheck, deleteLimit }: { recheck: boolean; deleteLimit: DeleteLimit }) =>
      provision(context, {
        ...ports,
        runId,
        kind: recheck ? 'repair' : 'load',
        projection,
        dimensions,
        deletes,
        deleteLimit,
        recheck,
        nonce: () => runId,
      }),
    embed: (pay: boolean) =>
      embed(context, { embedder: watched, cache, batchItems: BATCH_ITEMS, concurrency: CONCURRENCY, pay }),
    loadQdrant: (leaveMissing: boolean) =>
      loadQdrant(context, { ...loading, vectors: ports.vectors, slice, projection, leaveMissing }),
    loadNeon: () => loadNeon(context, { ...loading, rows: ports.rows }),
    repairRetained: (run: ProvisionReceipt, pay: boolean) =>
      repairRetained(context, { ...ports, run, cache, projection, deletes, embedder: watched, pay }),
    async verify(level: 'content' | 'vectors') {
      const verified = await verify(context, { ...ports, slice, projection, deletes, level, vectorsEvery: 1 });
      await endRun(context, ports.ledger, { verified });
      return verified;
    },
    /** Does the rest of a run that holds a fence: its failure ends it in the run table too, if that can be reached. */
    async orEnd(rest: () => Promise<void>): Promise<void> {
      try {
        await rest();
      } catch (error) {
        await endRun(context, ports.ledger, { error }).catch(() => undefined);
        throw error;
      }
    },
  };
}

/** What a build system hashes for the loads besides their nonces. */
export function loadInputs({ files }: MemoryArtifacts): string {
  return [FILES.chunks, FILES.held].map((name) => files.get(name)).join('');
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
