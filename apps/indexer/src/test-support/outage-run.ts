import { randomUUID } from 'node:crypto';
import { createOpenAiEmbedder } from '@lockstep/embed-openai';
import type { Artifacts, Dependency, EmbedderIdentity, EmbeddingCache, EmbeddingSlice, Logger } from '@lockstep/model';
import {
  createProjection,
  DEFAULT_DELETE_LIMIT,
  embed,
  endRun,
  loadNeon,
  loadQdrant,
  provision,
  validate,
  verify,
  type Calls,
  type EmbedReceipt,
  type LoadReceipt,
  type StageContext,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import { createPacer, SYSTEM_CLOCK, type Guard } from '@lockstep/resilience';
import { createNeonLedger, createNeonRowStore, createSqlClient } from '@lockstep/store-neon';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';

/** A run of one corpus against services at these addresses. */
export interface OutageRunOptions {
  readonly corpus: string;
  readonly collection: string;
  readonly table: string;
  readonly records: readonly object[];
  readonly identity: EmbedderIdentity;
  readonly addresses: {
    readonly openAi: string;
    readonly qdrant: string;
    /** Where SQL over HTTP is answered. */
    readonly neon: string;
    /** Names a host of its own: the driver tells databases apart by it. */
    readonly connectionString: string;
  };
  readonly guards: Readonly<Record<Dependency, Guard>>;
  /** How long the clients themselves wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly artifacts: Artifacts;
  readonly embeddings: { readonly cache: EmbeddingCache; readonly slice: EmbeddingSlice };
  /** Chunks in one embedding request, and in one write to a store. */
  readonly batchItems: { readonly embed: number; readonly load: number };
  /** Requests under way at once. */
  readonly concurrency: { readonly embed: number; readonly load: number };
  readonly logger: Logger;
}

/** What the stages told at their ends. */
export interface OutageRunReceipts {
  readonly embedded: EmbedReceipt;
  readonly qdrant: LoadReceipt;
  readonly neon: LoadReceipt;
  readonly verified: VerifyReceipt;
}

/** All stages of one corpus, both loads side by side, through the adapters that the command line uses. */
export async function runThroughOutage(options: OutageRunOptions): Promise<OutageRunReceipts> {
  const { corpus, addresses, guards, timeoutMs, artifacts, embeddings, identity, batchItems, concurrency } = options;
  const { model, dimensions } = identity;
  const embedder = createOpenAiEmbedder({
    apiKey: 'sk-test',
    baseUrl: addresses.openAi,
    hostIdentity: identity.host,
    model,
    dimensions,
    guard: guards.openai,
    pacer: createPacer({ dependency: 'openai' }),
    timeoutMs,
  });
  const vectors = createQdrantVectorStore({
    url: new URL(addresses.qdrant),
    collection: options.collection,
    shownHost: 'outage',
    guard: guards.qdrant,
    timeoutMs,
  });
  const sql = createSqlClient({
    connectionString: addresses.connectionString,
    fetchEndpoint: addresses.neon,
    guard: guards.neon,
  });
  const rows = createNeonRowStore({ sql, table: options.table, shownDatabase: 'outage' });
  const ledger = createNeonLedger(sql);

  const calls = (): Calls => ({
    openai: guards.openai.stats(),
    qdrant: guards.qdrant.stats(),
    neon: guards.neon.stats(),
  });
  const context: StageContext = { corpus, artifacts, clock: SYSTEM_CLOCK, logger: options.logger, calls };
  const projection = createProjection({ corpus, model, fields: ['chapter_title'] });
  const stores = { vectors, rows, ledger, projection, deletes: 'full' } as const;
  const { slice } = embeddings;
  await validate(context, {
    input: { name: 'chunks.json', bytes: bytesOf(JSON.stringify(options.records)) },
    identity,
    inputTokensMax: embedder.inputTokensMax,
    tokensOver: (text) => embedder.tokensOver(text),
    strict: true,
  });
  await provision(context, {
    ...stores,
    runId: randomUUID(),
    dimensions,
    deleteLimit: DEFAULT_DELETE_LIMIT,
    nonce: randomUUID,
  });
  const embedded = await embed(context, {
    embedder,
    cache: embeddings.cache,
    batchItems: batchItems.embed,
    concurrency: concurrency.embed,
  });
  const loading = { ...stores, batchItems: batchItems.load, concurrency: concurrency.load };
  const [qdrant, neon] = await Promise.all([
    loadQdrant(context, { ...loading, slice }),
    loadNeon(context, { ...loading }),
  ]);
  const verified = await verify(context, { ...stores, slice, level: 'vectors', vectorsEvery: 1 });
  await endRun(context, ledger, { verified });
  return { embedded, qdrant, neon, verified };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
