import { SILENT, type Embedder, type StoreName } from '@lockstep/model';
import {
  dropCorpus,
  FILES,
  inStageOrder,
  openCorpus,
  repairCorpus,
  runCorpus,
  type AllStores,
  type Corpus,
  type DeleteLimit,
  type Projection,
  type ProvisionReceipt,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import {
  bytesOf,
  watchCalls,
  type AroundCall,
  type MemoryArtifacts,
  type MemoryEmbeddings,
} from '@lockstep/testing-ports';
import { recordsOf, type CorpusFile, type CorpusTraits } from './wants.ts';

/** Files and slice of one corpus on one machine. */
export interface Machine {
  readonly artifacts: MemoryArtifacts;
  readonly embeddings: MemoryEmbeddings;
}

export interface RunInput {
  readonly traits: CorpusTraits;
  readonly stores: AllStores;
  readonly embedder: Embedder;
  readonly machine: Machine;
  readonly around: AroundCall;
  readonly projection: Projection;
  /** Id of the run, which is also its nonce; never the same twice. */
  readonly runId: string;
}

/** How the loads of a run ended, and what its verify reported. */
export interface RunOutput {
  run?: ProvisionReceipt;
  readonly loads: Partial<Record<StoreName, 'replayed' | 'done' | { readonly failure: unknown }>>;
  verified?: VerifyReceipt;
  failure?: unknown;
}

/** Chunks in one request and one write, and how many of them are under way at once. */
export const BATCH_ITEMS = 2;
const CONCURRENCY = 2;

/** Allows any number of deletions. */
export const UNLIMITED: DeleteLimit = { percent: 100, count: 0 };

export interface LoadChoices {
  readonly level: 'content' | 'vectors';
  readonly deleteLimit: DeleteLimit;
}

/** `indexer run`. Never throws. */
export function loadCorpus(input: RunInput, file: CorpusFile, { level, deleteLimit }: LoadChoices): Promise<RunOutput> {
  return observe(input, file, (corpus) => runCorpus(corpus, { limits: { deletes: deleteLimit }, verify: { level } }));
}

/**
 * The stages one by one, as the targets of a build system call them, which may replay a load. Never throws.
 *
 * @param isReplayed whether the load of a store is replayed for this nonce, since it has ended well before
 */
export function loadCorpusByStages(
  input: RunInput,
  file: CorpusFile,
  { level, deleteLimit }: LoadChoices,
  isReplayed: (store: StoreName, nonce: string) => boolean,
): Promise<RunOutput> {
  return observe(input, file, async (corpus, output) => {
    const load = async (store: StoreName, perform: () => Promise<unknown>): Promise<void> => {
      if (isReplayed(store, output.run?.stores[store]?.nonce ?? '')) output.loads[store] = 'replayed';
      else await perform();
    };
    await inStageOrder(
      {
        validate: () => corpus.validate(),
        embed: () => corpus.embed(),
        provision: () => corpus.provision({ deleteLimit }),
        'load-qdrant': () => load('qdrant', () => corpus.loadQdrant()),
        'load-neon': () => load('neon', () => corpus.loadNeon()),
        verify: () => corpus.verify({ level }),
      },
      // A build system may start embed earlier. Two runs may then pay for the same text, which the model does not predict.
      { embed: ['provision'] },
    );
  });
}

/** `indexer repair`. Never throws. */
export function repairCorpusFrom(input: RunInput, file: CorpusFile, pay: boolean): Promise<RunOutput> {
  return observe(input, file, (corpus) => repairCorpus(corpus, { limits: { deletes: UNLIMITED }, pay }));
}

/** `indexer drop`. Never throws. */
export async function dropFromStores(input: RunInput): Promise<RunOutput> {
  const { traits, runId, stores, around } = input;
  const context = { corpus: traits.corpus, clock: CLOCK, logger: SILENT };
  try {
    await dropCorpus(context, { ...watched(stores, around), runId, batchItems: BATCH_ITEMS });
    return { loads: {} };
  } catch (failure) {
    return { loads: {}, failure };
  }
}

const CLOCK = { now: () => 0, sleep: () => Promise.resolve() };

/** Works with a corpus, and collects the receipts of its stages, also when one of them fails. */
async function observe(
  input: RunInput,
  file: CorpusFile,
  work: (corpus: Corpus, output: RunOutput) => Promise<unknown>,
): Promise<RunOutput> {
  const output: RunOutput = { loads: {} };
  const corpus = corpusOf(input, file);
  const load = async <Receipt>(store: StoreName, perform: () => Promise<Receipt & { left: number }>) => {
    try {
      const receipt = await perform();
      // A load that leaves out points writes no stamp.
      if (receipt.left === 0) output.loads[store] = 'done';
      return receipt;
    } catch (failure) {
      output.loads[store] = { failure };
      throw failure;
    }
  };
  const observed: Corpus = {
    ...corpus,
    provision: async (options) => (output.run = await corpus.provision(options)),
    loadQdrant: (options) => load('qdrant', () => corpus.loadQdrant(options)),
    loadNeon: () => load('neon', () => corpus.loadNeon()),
    verify: async (options) => (output.verified = await corpus.verify(options)),
  };
  try {
    await work(observed, output);
  } catch (failure) {
    output.failure = failure;
  }
  return output;
}

function corpusOf(
  { traits, stores, embedder, machine, around, projection, runId }: RunInput,
  file: CorpusFile,
): Corpus {
  const { artifacts, embeddings } = machine;
  const { vectors, rows, ledger } = watched(stores, around);
  const watchedEmbedder = watchCalls(embedder, 'embedder', around);
  const cache = watchCalls({ ...embeddings.cache, async close() {} }, 'cache', around);
  return openCorpus({
    settings: {
      name: traits.corpus,
      projection,
      identity: embedder.identity,
      deletes: traits.deletes,
      batchItems: { embed: BATCH_ITEMS, qdrant: BATCH_ITEMS, neon: BATCH_ITEMS },
      concurrency: { embed: CONCURRENCY, load: CONCURRENCY },
    },
    ports: {
      input: (read) => read([{ name: 'chunks.json', bytes: bytesOf(JSON.stringify(recordsOf(file))) }]),
      embedder: async () => watchedEmbedder,
      vectors: async () => vectors,
      rows: async () => rows,
      ledger: async () => ledger,
      cache: async () => cache,
      slice: async () => embeddings.slice,
      known: async () => ({ ...embeddings.cache, async close() {} }),
    },
    artifacts,
    clock: CLOCK,
    report: () => ({ logger: SILENT }),
    newId: () => runId,
  });
}

function watched({ vectors, rows, ledger }: AllStores, around: AroundCall): AllStores {
  return {
    vectors: watchCalls(vectors, 'qdrant', around),
    rows: watchCalls(rows, 'neon', around),
    ledger: watchCalls(ledger, 'ledger', around),
  };
}

/** What a build system hashes for the loads besides their nonces. */
export function loadInputs({ files }: MemoryArtifacts): string {
  return [FILES.chunks, FILES.held].map((name) => files.get(name)).join('');
}
