import { randomUUID } from 'node:crypto';
import { createOpenAiEmbedder } from '@lockstep/embed-openai';
import type { Artifacts, Dependency, EmbedderIdentity, EmbeddingCache, EmbeddingSlice, Logger } from '@lockstep/model';
import {
  createProjection,
  DEFAULT_DELETE_LIMIT,
  inStageOrder,
  openCorpus,
  runCorpus,
  type Corpus,
  type EmbedReceipt,
  type LoadReceipt,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import { createRateLimiter, SYSTEM_CLOCK, type Guard } from '@lockstep/resilience';
import { createNeonLedger, createNeonRowStore } from '@lockstep/store-neon';
import { createNeonClient } from '@lockstep/store-neon/neon-client';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';

/** A run of one corpus against services at these addresses. */
export interface OutageRunOptions {
  /** As one run, or as single stages. */
  readonly way: 'run' | 'stages';
  readonly corpus: string;
  readonly collection: string;
  readonly table: string;
  readonly records: readonly object[];
  readonly identity: EmbedderIdentity;
  readonly addresses: {
    readonly openAi: string;
    readonly qdrant: string;
    /** URL of SQL over HTTP. */
    readonly neon: string;
  };
  readonly guards: Readonly<Record<Dependency, Guard>>;
  /** Timeout of the clients, in milliseconds. */
  readonly timeoutMs: number;
  readonly artifacts: Artifacts;
  readonly embeddings: { readonly cache: EmbeddingCache; readonly slice: EmbeddingSlice };
  /** Chunks in one embedding request, and in one write to a store. */
  readonly batchItems: { readonly embed: number; readonly load: number };
  /** Concurrent requests. */
  readonly concurrency: { readonly embed: number; readonly load: number };
  readonly logger: Logger;
}

/** The receipts of the stages. */
export interface OutageRunReceipts {
  readonly embedded: EmbedReceipt;
  readonly qdrant: LoadReceipt;
  readonly neon: LoadReceipt;
  readonly verified: VerifyReceipt;
}

/** Loads one corpus through the adapters that the command line uses. */
export async function runThroughOutage(options: OutageRunOptions): Promise<OutageRunReceipts> {
  const { addresses, guards, timeoutMs, artifacts, embeddings, identity, batchItems, concurrency } = options;
  const { model, dimensions } = identity;
  const embedder = createOpenAiEmbedder({
    apiKey: 'sk-test',
    baseUrl: addresses.openAi,
    hostIdentity: identity.host,
    model,
    dimensions,
    guard: guards.openai,
    rateLimiter: createRateLimiter({ dependency: 'openai' }),
    timeoutMs,
  });
  const vectors = createQdrantVectorStore({
    url: new URL(addresses.qdrant),
    collection: options.collection,
    shownHost: 'outage',
    guard: guards.qdrant,
    timeoutMs,
  });
  const sql = createNeonClient({
    connectionString: 'postgresql://user:secret@outage.invalid/lockstep',
    fetchEndpoint: addresses.neon,
    guard: guards.neon,
  });
  const rows = createNeonRowStore({ sql, table: options.table, shownDatabase: 'outage' });
  const ledger = createNeonLedger(sql);

  const corpus = openCorpus({
    settings: {
      name: options.corpus,
      projection: createProjection({ corpus: options.corpus, model, fields: ['chapter_title'] }),
      identity,
      deletes: 'full',
      batchItems: { embed: batchItems.embed, qdrant: batchItems.load, neon: batchItems.load },
      concurrency,
    },
    ports: {
      input: (read) => read([{ name: 'chunks.json', bytes: bytesOf(JSON.stringify(options.records)) }]),
      embedder: async () => embedder,
      vectors: async () => vectors,
      rows: async () => rows,
      ledger: async () => ledger,
      cache: async () => ({ ...embeddings.cache, async close() {} }),
      slice: async () => embeddings.slice,
      known: async () => ({ ...embeddings.cache, async close() {} }),
    },
    artifacts,
    clock: SYSTEM_CLOCK,
    report: () => ({ logger: options.logger }),
    newId: randomUUID,
    calls: () => ({ openai: guards.openai.stats(), qdrant: guards.qdrant.stats(), neon: guards.neon.stats() }),
  });
  return options.way === 'run' ? asRun(corpus) : byStages(corpus);
}

const VERIFY = { level: 'vectors' } as const;

/** As `indexer run` does it. */
async function asRun(corpus: Corpus): Promise<OutageRunReceipts> {
  const limits = { deletes: DEFAULT_DELETE_LIMIT };
  const { embed, verify, ...loads } = await runCorpus(corpus, { strict: true, limits, verify: VERIFY });
  return {
    embedded: embed,
    qdrant: loads['load-qdrant'] as LoadReceipt,
    neon: loads['load-neon'] as LoadReceipt,
    verified: verify,
  };
}

/** Runs the stages one by one, as the targets of a build system: when one fails, those under way go on to their end. */
async function byStages(corpus: Corpus): Promise<OutageRunReceipts> {
  const done: { -readonly [Stage in keyof OutageRunReceipts]?: OutageRunReceipts[Stage] } = {};
  await inStageOrder({
    validate: () => corpus.validate({ strict: true }),
    embed: async () => (done.embedded = await corpus.embed()),
    provision: () => corpus.provision({ deleteLimit: DEFAULT_DELETE_LIMIT }),
    'load-qdrant': async () => (done.qdrant = await corpus.loadQdrant()),
    'load-neon': async () => (done.neon = await corpus.loadNeon()),
    verify: async () => (done.verified = await corpus.verify(VERIFY)),
  });
  return done as OutageRunReceipts;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
