import {
  SILENT,
  type Artifacts,
  type Calls,
  type Clock,
  type DeleteMode,
  type EmbeddingCache,
  type Fields,
  type JsonValue,
  type OverlongMode,
} from '@lockstep/model';
import {
  createProjection,
  DEFAULT_DELETE_LIMIT,
  dropCorpus,
  openCorpus,
  readChunks,
  repairCorpus,
  runCorpus,
  type Corpus,
  type CorpusPlan,
  type CorpusPorts,
  type CorpusSettings,
  type DeleteLimit,
  type DropReceipt,
  type EmbedChoices,
  type EmbedReceipt,
  type LoadReceipt,
  type Projection,
  type ProvisionReceipt,
  type RejectLimit,
  type RetainedRepair,
  type RunReceipts,
  type StageContext,
  type Trust,
  type ValidateReceipt,
  type VerifyLevel,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import {
  bytesOf,
  createMemoryArtifacts,
  createMemoryEmbeddings,
  createMemoryLedger,
  createMemoryRowStore,
  createMemoryVectorStore,
  createStubEmbedder,
  type MemoryArtifacts,
  type MemoryEmbeddings,
  type MemoryLedger,
  type MemoryRowStore,
  type MemoryVectorStore,
  type StubEmbedder,
} from '@lockstep/testing-ports';

/** What a rig works with; each port that is not given is created. Two rigs over the same stores are two machines. */
export interface CorpusRigOptions {
  readonly corpus?: string;
  readonly vectors?: MemoryVectorStore;
  readonly rows?: MemoryRowStore;
  readonly ledger?: MemoryLedger;
  readonly embeddings?: MemoryEmbeddings;
  readonly embedder?: StubEmbedder;
  /** Files; those of another kind have no `files` for a test to read. @default files in memory */
  readonly artifacts?: Artifacts;
  /** Ports in place of those in memory. */
  readonly ports?: Partial<CorpusPorts>;
  readonly payload?: readonly string[];
  readonly rejectLimit?: RejectLimit;
  readonly deletes?: DeleteMode;
  /** The input, as the run table keeps it. @default it is not remembered */
  readonly input?: CorpusSettings['input'];
  readonly fields?: Fields;
  readonly allowNewIds?: boolean;
  /** What becomes of a text that is too long for the model. @default nothing is stated */
  readonly overlong?: OverlongMode;
  /** Chunks in one request. @default 2 */
  readonly batchItems?: number;
  /** Requests under way at once. @default 2 */
  readonly concurrency?: number;
  /** @default a clock that always shows 0 */
  readonly clock?: Clock;
  /** Requests to each service so far. @default none are counted */
  readonly calls?: () => Calls;
  /** US dollars for a million tokens. @default it is not known */
  readonly price?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Settings of one `embed` in place of those of the corpus. */
export interface RigEmbed extends EmbedChoices {
  readonly batchItems?: number;
  readonly concurrency?: number;
  readonly cache?: EmbeddingCache;
}

/** One corpus, its stages and its stores, all in memory. */
export interface CorpusRig extends Pick<Corpus, 'provision' | 'loadQdrant' | 'loadNeon' | 'recover'> {
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
  /** `trust` is `labels` by default, as in `indexer plan`. */
  plan(options?: { readonly trust?: Trust }): Promise<CorpusPlan>;
  embed(options?: RigEmbed): Promise<EmbedReceipt>;
  /** Verifies, and ends the run with what it found. */
  verify(level?: VerifyLevel): Promise<VerifyReceipt>;
  /** The corpus with these records as its input. */
  open(records: readonly JsonValue[]): Corpus;
  /** `indexer run` with records. */
  run(records: readonly JsonValue[], options?: RigRun): Promise<RunReceipts>;
  /** `indexer repair` with records. */
  repair(records: readonly JsonValue[], options?: { readonly pay?: boolean }): Promise<VerifyReceipt>;
  repairRetained(run: ProvisionReceipt, options?: { readonly pay: boolean }): Promise<RetainedRepair>;
  drop(): Promise<DropReceipt>;
  /** Validate, embed, provision and both loads, one after the other, as a build system may call them. */
  load(records: readonly JsonValue[], options?: { readonly deleteLimit?: DeleteLimit }): Promise<RigLoad>;
  /** Sets every counter of the stores and the embedder to 0, and empties their journals. */
  forgetCosts(): void;
  /** What was asked, embedded, written and deleted since the counters were set to 0. */
  costs(): RigCosts;
  /** Point id of a chunk that the corpus wants. */
  pointIdOf(chunkId: string): Promise<string>;
}

export interface RigRun {
  readonly deletes?: DeleteLimit;
  readonly guardTokens?: (tokens: number) => void;
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

const NO_LIMIT: DeleteLimit = { percent: 100, count: 0 };

let ids = 0;

/** Creates a rig. Each of its provisions is a run of its own, with a nonce of its own. */
export function createCorpusRig(options: CorpusRigOptions = {}): CorpusRig {
  const { corpus = 'books', deletes = 'full', batchItems = 2, concurrency = 2, signal } = options;
  const artifacts = (options.artifacts ?? createMemoryArtifacts()) as MemoryArtifacts;
  const vectors = options.vectors ?? createMemoryVectorStore();
  const rows = options.rows ?? createMemoryRowStore();
  const ledger = options.ledger ?? createMemoryLedger();
  const embeddings = options.embeddings ?? createMemoryEmbeddings();
  const embedder = options.embedder ?? createStubEmbedder();
  const { identity } = embedder;
  const projection = createProjection({ corpus, model: identity.model, fields: options.payload ?? [] });
  const clock = options.clock ?? { now: () => 0, sleep: () => Promise.resolve() };
  const newId = (): string => `id-${(ids += 1)}`;
  let input: readonly JsonValue[] = [];

  function open({ cache = embeddings.cache, ...embedding }: RigEmbed = {}): Corpus {
    return openCorpus({
      settings: {
        name: corpus,
        projection,
        identity,
        deletes,
        overlong: options.overlong,
        input: options.input,
        fields: options.fields,
        allowNewIds: options.allowNewIds,
        rejectLimit: options.rejectLimit,
        batchItems: { embed: embedding.batchItems ?? batchItems, qdrant: batchItems, neon: batchItems },
        concurrency: { embed: embedding.concurrency ?? concurrency, load: concurrency },
      },
      ports: {
        input: (read) => read([{ name: 'chunks.json', bytes: bytesOf(JSON.stringify(input)) }]),
        embedder: async () => embedder,
        vectors: async () => vectors,
        rows: async () => rows,
        ledger: async () => ledger,
        cache: async () => ({ ...cache, async close() {} }),
        slice: async () => embeddings.slice,
        known: async () => ({ ...embeddings.cache, async close() {} }),
        ...options.ports,
      },
      artifacts,
      clock,
      report: () => ({ logger: SILENT }),
      newId,
      signal,
      calls: options.calls,
      price: options.price,
    });
  }

  const opened = open();
  const { loadQdrant, loadNeon, recover } = opened;
  const rig: CorpusRig = {
    ...{ loadQdrant, loadNeon, recover },
    corpus,
    artifacts,
    vectors,
    rows,
    ledger,
    embeddings,
    embedder,
    projection,
    context: { corpus, artifacts, clock, logger: SILENT, signal },
    async validate(records, choices) {
      return rig.open(records).validate(choices);
    },
    embed: ({ batchItems: items, concurrency: limit, cache, ...choices } = {}) =>
      open({
        ...(items && { batchItems: items }),
        ...(limit && { concurrency: limit }),
        ...(cache && { cache }),
      }).embed(choices),
    plan: ({ trust = 'labels' } = {}) => opened.plan({ trust }),
    provision: (choices) => opened.provision({ deleteLimit: DEFAULT_DELETE_LIMIT, ...choices }),
    verify: (level = 'content') => opened.verify({ level }),
    open(records) {
      input = records;
      return opened;
    },
    async run(records, { deletes: deleteLimit = DEFAULT_DELETE_LIMIT, guardTokens } = {}) {
      return runCorpus(rig.open(records), {
        limits: { deletes: deleteLimit, guardTokens },
        verify: { level: 'content' },
      });
    },
    async repair(records, { pay = false } = {}) {
      return (await repairCorpus(rig.open(records), { limits: { deletes: NO_LIMIT }, pay })).verify;
    },
    repairRetained: (run, choices = { pay: false }) => opened.repairRetained(run, choices),
    drop: () => dropCorpus(rig.context, { runId: newId(), vectors, rows, ledger, batchItems }),
    async load(records, { deleteLimit = DEFAULT_DELETE_LIMIT } = {}) {
      const validated = await rig.validate(records);
      const embedded = await rig.embed();
      const run = await rig.provision({ deleteLimit });
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
