import { SILENT, type Clock, type DeleteMode, type JsonValue, type Ledger, type RunKind } from '@lockstep/model';
import {
  createProjection,
  DEFAULT_DELETE_LIMIT,
  dropCorpus,
  embed,
  endRun,
  loadNeon,
  loadQdrant,
  planCorpus,
  provision,
  readChunks,
  recoverEmbeddings,
  repairRetained,
  validate,
  verify,
  type CorpusPlan,
  type DeleteLimit,
  type DropReceipt,
  type EmbedOptions,
  type EmbedReceipt,
  type LoadReceipt,
  type Projection,
  type RecoverReceipt,
  type ProvisionReceipt,
  type StageContext,
  type RetainedRepair,
  type ValidateReceipt,
  type VerifyLevel,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import { createMemoryArtifacts, type MemoryArtifacts } from './memory-artifacts.ts';
import { createMemoryEmbeddings, type MemoryEmbeddings } from './memory-embeddings.ts';
import { createMemoryLedger, type MemoryLedger } from './memory-ledger.ts';
import { createMemoryRowStore, type MemoryRowStore } from './memory-row-store.ts';
import { createMemoryVectorStore, type MemoryVectorStore } from './memory-vector-store.ts';
import { createStubEmbedder, type StubEmbedder } from './stub-embedder.ts';

/** What a rig works with; what is left out is made new. Two rigs over the same stores are two runs on two machines. */
export interface CorpusRigOptions {
  readonly corpus?: string;
  readonly vectors?: MemoryVectorStore;
  readonly rows?: MemoryRowStore;
  readonly ledger?: MemoryLedger;
  readonly embeddings?: MemoryEmbeddings;
  readonly embedder?: StubEmbedder;
  readonly artifacts?: MemoryArtifacts;
  readonly payload?: readonly string[];
  readonly deletes?: DeleteMode;
  /** Chunks in one write. */
  readonly batchItems?: number;
  readonly concurrency?: number;
  /** Stands still where it is left out. */
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** One corpus, its stages and its stores, all in memory. */
export interface CorpusRig {
  readonly corpus: string;
  readonly artifacts: MemoryArtifacts;
  readonly vectors: MemoryVectorStore;
  readonly rows: MemoryRowStore;
  readonly ledger: MemoryLedger;
  readonly embeddings: MemoryEmbeddings;
  readonly embedder: StubEmbedder;
  readonly projection: Projection;
  readonly context: StageContext;
  validate(records: readonly JsonValue[], options?: { readonly strict?: boolean }): Promise<ValidateReceipt>;
  plan(options?: { readonly recheck?: boolean; readonly trustStamps?: boolean }): Promise<CorpusPlan>;
  embed(options?: Partial<EmbedOptions>): Promise<EmbedReceipt>;
  provision(options?: {
    readonly deleteLimit?: DeleteLimit;
    readonly recheck?: boolean;
    readonly kind?: RunKind;
  }): Promise<ProvisionReceipt>;
  loadQdrant(options?: { readonly leaveMissing?: boolean }): Promise<LoadReceipt>;
  loadNeon(): Promise<LoadReceipt>;
  /** Verifies, and ends the run with what it found. */
  verify(level?: VerifyLevel): Promise<VerifyReceipt>;
  repairRetained(run: ProvisionReceipt, options?: { readonly pay?: boolean }): Promise<RetainedRepair>;
  /** What `indexer repair` does with records: embeds what it may, loads both stores believing nothing, verifies. */
  repair(records: readonly JsonValue[], options?: { readonly pay?: boolean }): Promise<VerifyReceipt>;
  drop(): Promise<DropReceipt>;
  recover(): Promise<RecoverReceipt>;
  /** Validate, embed, provision and both loads. */
  load(records: readonly JsonValue[], options?: { readonly deleteLimit?: DeleteLimit }): Promise<RigLoad>;
  /** Sets every counter of the stores and the embedder to 0, and empties their journals. */
  forgetCosts(): void;
  /** Changed items since the counters were set to 0: what a run cost. */
  costs(): RigCosts;
  /** Point id of a chunk that the corpus wants. */
  pointIdOf(chunkId: string): Promise<string>;
}

export interface RigLoad {
  readonly validated: ValidateReceipt;
  readonly embedded: EmbedReceipt;
  readonly run: ProvisionReceipt;
  readonly qdrant: LoadReceipt;
  readonly neon: LoadReceipt;
}

export interface RigCosts {
  /** Requests to the embedder, and texts that it embedded. */
  readonly requests: number;
  readonly inputs: number;
  readonly upserted: number;
  readonly payloads: number;
  readonly pointsDeleted: number;
  readonly written: number;
  readonly rowsDeleted: number;
}

/** The costs of a run that had nothing to do. */
export const NO_COSTS: RigCosts = {
  requests: 0,
  inputs: 0,
  upserted: 0,
  payloads: 0,
  pointsDeleted: 0,
  written: 0,
  rowsDeleted: 0,
};

let runs = 0;

/** Makes a rig. Each of its provisions is a run of its own, with a nonce of its own. */
export function createCorpusRig(options: CorpusRigOptions = {}): CorpusRig {
  const { corpus = 'books', deletes = 'full', batchItems = 2, concurrency = 2 } = options;
  const artifacts = options.artifacts ?? createMemoryArtifacts();
  const vectors = options.vectors ?? createMemoryVectorStore();
  const rows = options.rows ?? createMemoryRowStore();
  const ledger = options.ledger ?? createMemoryLedger();
  const embeddings = options.embeddings ?? createMemoryEmbeddings();
  const embedder = options.embedder ?? createStubEmbedder();
  const { model, dimensions } = embedder.identity;
  const projection = createProjection({ corpus, model, fields: options.payload ?? [] });
  const context: StageContext = {
    corpus,
    artifacts,
    clock: options.clock ?? { now: () => 0, sleep: () => Promise.resolve() },
    logger: SILENT,
    signal: options.signal,
  };
  const loading = { ledger: ledger as Ledger, deletes, batchItems, concurrency };

  const rig: CorpusRig = {
    corpus,
    artifacts,
    vectors,
    rows,
    ledger,
    embeddings,
    embedder,
    projection,
    context,
    validate: (records, { strict = false } = {}) =>
      validate(context, {
        input: { name: 'chunks.json', bytes: bytesOf(JSON.stringify(records)) },
        identity: embedder.identity,
        inputTokensMax: embedder.inputTokensMax,
        tokensOver: embedder.tokensOver,
        strict,
      }),
    embed: (embedding = {}) =>
      embed(context, { embedder, cache: embeddings.cache, batchItems, concurrency, ...embedding }),
    provision: ({ deleteLimit = DEFAULT_DELETE_LIMIT, recheck = false, kind = 'load' } = {}) => {
      runs += 1;
      const number = runs;
      return provision(context, {
        runId: `run-${number}`,
        kind,
        vectors,
        rows,
        ledger,
        projection,
        dimensions,
        deletes,
        deleteLimit,
        recheck,
        nonce: () => `nonce-${number}`,
      });
    },
    plan: ({ recheck = false, trustStamps = false } = {}) => {
      const { cache } = embeddings;
      const stores = { vectors, rows, ledger };
      const { identity } = embedder;
      const counter = async () => embedder;
      return planCorpus(context, { ...stores, identity, counter, cache, projection, deletes, recheck, trustStamps });
    },
    loadQdrant: (choices = {}) =>
      loadQdrant(context, { ...loading, vectors, slice: embeddings.slice, projection, ...choices }),
    loadNeon: () => loadNeon(context, { ...loading, rows }),
    async verify(level = 'content') {
      const verified = await verify(context, {
        vectors,
        rows,
        ledger,
        slice: embeddings.slice,
        projection,
        deletes,
        level,
        vectorsEvery: 1,
      });
      await endRun(context, ledger, { verified });
      return verified;
    },
    repairRetained: (run, { pay = false } = {}) =>
      repairRetained(context, {
        vectors,
        rows,
        ledger,
        run,
        cache: embeddings.cache,
        projection,
        deletes,
        embedder,
        pay,
      }),
    async repair(records, { pay = false } = {}) {
      await rig.validate(records);
      const run = await rig.provision({ recheck: true, kind: 'repair' });
      await rig.embed({ pay });
      await rig.repairRetained(run, { pay });
      await rig.loadQdrant({ leaveMissing: true });
      await rig.loadNeon();
      return rig.verify('vectors');
    },
    drop: () => dropCorpus(context, { runId: `drop-${(runs += 1)}`, vectors, rows, ledger, batchItems }),
    recover: () => recoverEmbeddings(context, { vectors, cache: embeddings.cache, identity: embedder.identity }),
    async load(records, provisioning) {
      const validated = await rig.validate(records);
      const embedded = await rig.embed();
      const run = await rig.provision(provisioning);
      return { validated, embedded, run, qdrant: await rig.loadQdrant(), neon: await rig.loadNeon() };
    },
    forgetCosts() {
      Object.assign(vectors.cost, { calls: 0, upserted: 0, payloads: 0, deleted: 0 });
      Object.assign(rows.cost, { calls: 0, written: 0, deleted: 0 });
      Object.assign(ledger.cost, { calls: 0, stampsWritten: 0, stampsRemoved: 0 });
      Object.assign(embedder.seen, { requests: 0, inputs: 0, underwayMax: 0 });
      vectors.journal.length = 0;
      rows.journal.length = 0;
    },
    costs: () => ({
      requests: embedder.seen.requests,
      inputs: embedder.seen.inputs,
      upserted: vectors.cost.upserted,
      payloads: vectors.cost.payloads,
      pointsDeleted: vectors.cost.deleted,
      written: rows.cost.written,
      rowsDeleted: rows.cost.deleted,
    }),
    async pointIdOf(chunkId) {
      for await (const chunk of readChunks(artifacts)) if (chunk.chunkId === chunkId) return chunk.pointId;
      throw new Error(`the corpus does not want ${chunkId}`);
    },
  };
  return rig;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
