import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { openIndex } from '@lockstep/indexer';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import type { Dependency } from '@lockstep/model';
import {
  createPostgresNeon,
  createStubOpenAiHandler,
  forwardTo,
  startFaultyServices,
  type FaultyServices,
} from '@lockstep/testing-faults';
import { stubVector } from '@lockstep/testing-ports';
import { createDatabase } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLeakDetector } from '../secrets/leak-detector.ts';
import { MARKED } from '../secrets/marked-secrets.ts';
import { registerInMemory, type InMemoryTelemetry } from './register-in-memory.ts';

const DIMENSIONS = 8;
const CHUNKS = 60;
const BATCH = 10;
const SERVICES: readonly Dependency[] = ['openai', 'qdrant', 'neon'];

/** What each service does wrong, each time to another request, which the program then sends again. */
const FAULTS = {
  openai: [
    { nth: 2, fault: { status: 429, headers: { 'retry-after': '0' } } },
    { nth: 4, fault: { status: 500 } },
  ],
  qdrant: [
    { nth: 3, fault: { status: 503 } },
    { nth: 6, fault: { reset: true } },
  ],
  neon: [{ nth: 4, fault: { status: 502 } }],
} as const;

/** One run of the API over servers that fail, with marked secrets, in a span of the application. */
describe('spans and metrics of a run', () => {
  let telemetry: InMemoryTelemetry;
  let services: FaultyServices;
  let applicationSpan: string;
  let runId: string;
  let tokens: number;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-telemetry-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'nx.json'), '{}');
    mkdirSync(join(folder, 'books'));
    const config = { name: 'books', input: 'chunks.json', dimensions: DIMENSIONS, batchSize: BATCH };
    writeFileSync(join(folder, 'books/corpus.json'), JSON.stringify({ ...config, payload: ['chapter_title'] }));
    const records = Array.from({ length: CHUNKS }, (_, at) => ({
      ...{ id: `c${at}`, chapter_title: MARKED.text },
      text: at === 0 ? MARKED.text : `${MARKED.text} ${at}`,
    }));
    writeFileSync(join(folder, 'books/chunks.json'), JSON.stringify(records));

    const database = await createDatabase();
    cleanups.push(() => database.drop());
    const neon = createPostgresNeon(database);
    cleanups.push(() => neon.close());
    const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    cleanups.push(() => qdrant.close());
    services = await startFaultyServices({
      handlers: {
        openai: createStubOpenAiHandler({ dimensions: DIMENSIONS }),
        qdrant: forwardTo(qdrant.url),
        neon: neon.handler,
      },
      script: FAULTS,
    });
    cleanups.push(() => services.close());
    telemetry = registerInMemory();
    cleanups.push(() => telemetry.close());

    const query = `token=${encodeURIComponent(MARKED.query)}`;
    const env = {
      ...services.environment,
      OPENAI_API_KEY: MARKED.openAiKey,
      QDRANT_HOST: `${services.qdrant.url}?${query}`,
      QDRANT_API_KEY: MARKED.qdrantKey,
      NEON_POSTGRES_CONNECTION_STRING: `postgresql://owner:${encodeURIComponent(MARKED.password)}@ep-one.test/db?${query}`,
      LOCKSTEP_PROFILE: 'cloud',
    };
    const index = await openIndex({ corpus: 'books', cwd: folder, env });
    try {
      await trace.getTracer('application').startActiveSpan('job', async (span) => {
        applicationSpan = span.spanContext().spanId;
        const loaded = await index.load({ price: 0.02 });
        expect(loaded.verify.ok).toBe(true);
        runId = loaded.provision.runId;
        tokens = loaded.embed.tokens;
        span.end();
      });
    } finally {
      await index.close();
    }
  });
  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });

  const named = (pattern: RegExp) => telemetry.spans().filter(({ name }) => pattern.test(name));
  const parentOf = (span: ReadableSpan | undefined) =>
    telemetry.spans().find((other) => other.spanContext().spanId === span?.parentSpanContext?.spanId);
  const calls = (service: Dependency) =>
    telemetry
      .spans()
      .filter(({ name, attributes }) => attributes['lockstep.service'] === service && !name.startsWith('request '));
  const retries = (service: Dependency) =>
    calls(service).flatMap(({ events }) => events.filter(({ name }) => name === 'retry'));

  it.each(SERVICES)(
    'there are as many request spans as %s counted requests, each below the span of its call',
    (service) => {
      const requests = named(new RegExp(`^request ${service}$`));
      expect(requests).toHaveLength(services[service].counts().requests);
      for (const request of requests) expect(calls(service)).toContain(parentOf(request));
      expect(requests.map(({ attributes }) => [attributes['server.address'], attributes['server.port']])).toEqual(
        requests.map(() => ['127.0.0.1', Number(new URL(services[service].url).port)]),
      );
    },
  );

  it.each(SERVICES)(
    'each request to %s that failed is told by its own span, and by a retry event of the call',
    (service) => {
      const failed = named(new RegExp(`^request ${service}$`)).filter(
        ({ status, attributes }) => status.code === 2 && attributes['error.type'] !== 'request-refused',
      );
      expect(failed).toHaveLength(FAULTS[service].length);
      expect(retries(service)).toHaveLength(FAULTS[service].length);
      expect(services[service].counts().struck).toBe(FAULTS[service].length);
      for (const { attributes } of retries(service)) {
        expect(attributes).toMatchObject({
          'lockstep.attempt': 1,
          'lockstep.delay_ms': expect.any(Number) as number,
          'lockstep.reason': expect.stringMatching(/^(rate-limited|service-unavailable)$/) as string,
        });
      }
    },
  );

  it('the statuses of failed requests are told', () => {
    const statuses = SERVICES.map((service) =>
      named(new RegExp(`^request ${service}$`))
        .flatMap(({ attributes }) => attributes['http.response.status_code'] ?? [])
        .filter((status) => status !== 404),
    );
    expect(statuses).toEqual([expect.arrayContaining([429, 500]), [503], [502]]);
  });

  it('the stages are below the run, the run below the operation, and the operation below the span of the application', () => {
    const [run] = named(/^run$/);
    const stages = named(/^stage /);
    expect(stages.map(({ name }) => name).toSorted()).toEqual(
      ['embed', 'load-neon', 'load-qdrant', 'plan', 'provision', 'validate', 'verify'].map((stage) => `stage ${stage}`),
    );
    for (const stage of stages) expect(parentOf(stage)).toBe(run);
    expect(parentOf(run)?.name).toBe('lockstep load');
    expect(parentOf(run)?.parentSpanContext?.spanId).toBe(applicationSpan);
    expect(new Set(telemetry.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(run?.attributes).toEqual({
      'lockstep.corpus': 'books',
      'lockstep.run.id': runId,
      'lockstep.in_step': true,
      'lockstep.differences': 0,
    });
  });

  it('calls for embeddings are below the stage embed, and have the names of the GenAI conventions', () => {
    const embeddings = named(/^embeddings /);
    expect(embeddings).toHaveLength(CHUNKS / BATCH);
    for (const span of embeddings) {
      expect(parentOf(span)?.name).toBe('stage embed');
      expect(span).toMatchObject({
        name: 'embeddings text-embedding-3-small',
        kind: 2,
        attributes: {
          'gen_ai.operation.name': 'embeddings',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'text-embedding-3-small',
          'gen_ai.embeddings.dimension.count': DIMENSIONS,
          'gen_ai.usage.input_tokens': expect.any(Number) as number,
          'lockstep.embedding.texts': BATCH,
          'server.address': '127.0.0.1',
        },
      });
    }
    const sum = (name: string) => embeddings.reduce((total, { attributes }) => total + Number(attributes[name]), 0);
    expect(sum('gen_ai.usage.input_tokens')).toBe(tokens);
    expect(sum('lockstep.embedding.cost')).toBeCloseTo((tokens / 1_000_000) * 0.02, 12);
  });

  it('calls to both stores have the names of the database conventions, and none tells a query', () => {
    const upserts = named(/^(upsert_points book_vectors|SELECT DELETE INSERT rag_metadata)$/);
    expect(upserts.map(({ attributes }) => attributes).toSorted(bySystem)).toEqual([
      expect.objectContaining({
        'db.system.name': 'postgresql',
        'db.operation.name': 'BATCH',
        'db.operation.batch.size': 3,
        'db.query.summary': 'SELECT DELETE INSERT rag_metadata',
        'db.collection.name': 'rag_metadata',
      }),
      expect.objectContaining({
        'db.system.name': 'qdrant',
        'db.operation.name': 'upsert_points',
        'db.collection.name': 'book_vectors',
      }),
    ]);
    for (const { kind } of upserts) expect(kind).toBe(2);
    expect(upserts.map((span) => parentOf(span)?.name).toSorted()).toEqual(['stage load-neon', 'stage load-qdrant']);
    const names = new Set(telemetry.spans().flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...names].filter((name) => /query\.(text|parameter)|message|input\.value/.test(name))).toEqual([]);
  });

  it('metrics tell tokens, dollars, chunks, retries and durations', async () => {
    const recorded = await telemetry.recorded();
    const of = (metric: string) => recorded.filter((point) => point.metric === metric);
    const counts = (metric: string, attribute: string) =>
      Object.fromEntries(of(metric).map(({ attributes, value }) => [String(attributes[attribute]), value]));
    expect(of('gen_ai.client.token.usage')).toMatchObject([
      {
        attributes: { 'gen_ai.token.type': 'input', 'gen_ai.request.model': 'text-embedding-3-small' },
        value: { count: CHUNKS / BATCH, sum: tokens },
      },
    ]);
    expect(of('lockstep.embedding.cost')[0]?.value).toBeCloseTo((tokens / 1_000_000) * 0.02, 12);
    const chunks = of('lockstep.chunks').map(({ attributes, value }) => [
      `${String(attributes['lockstep.stage'])} ${String(attributes['lockstep.outcome'])}`,
      value,
    ]);
    expect(Object.fromEntries(chunks)).toEqual({
      'validate accepted': CHUNKS,
      'embed embedded': CHUNKS,
      'load-qdrant written': CHUNKS,
      'load-neon written': CHUNKS,
      'verify verified': CHUNKS,
    });
    const retried = of('lockstep.retries').reduce((sum, { value }) => sum + Number(value), 0);
    expect(retried).toBe(SERVICES.reduce((sum, service) => sum + FAULTS[service].length, 0));
    const stages = counts('lockstep.stage.duration', 'lockstep.stage');
    expect(Object.keys(stages)).toHaveLength(7);
    expect(of('lockstep.run.duration')).toMatchObject([{ value: { count: 1 } }]);
    expect(of('gen_ai.client.operation.duration')).toMatchObject([{ value: { count: CHUNKS / BATCH } }]);
    const asked = of('lockstep.request.duration').reduce(
      (sum, { value }) => sum + (value as { count: number }).count,
      0,
    );
    expect(asked).toBe(SERVICES.reduce((sum, service) => sum + services[service].counts().requests, 0));
    expect(of('db.client.operation.duration').length).toBeGreaterThan(5);
  });

  it('no attribute, event or number reveals a text, a vector or a secret', async () => {
    const { openAiKey, qdrantKey, password, query, text } = MARKED;
    const leaks = createLeakDetector({
      openAiKey,
      qdrantKey,
      password,
      query,
      text,
      vector: stubVector(text, DIMENSIONS),
    });
    const told = await telemetry.text();
    expect(told).toContain('embeddings text-embedding-3-small');
    expect(leaks(told)).toEqual([]);
  });
});

type Attributes = ReadableSpan['attributes'];

function bySystem(one: Attributes, other: Attributes): number {
  return String(one['db.system.name']).localeCompare(String(other['db.system.name']));
}
