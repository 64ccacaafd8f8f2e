import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { IndexingError } from '@lockstep/model';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTelemetry } from './create-telemetry.ts';
import { flushTelemetry } from './flush-telemetry.ts';
import { withParent } from './with-parent.ts';

const { context, propagation, trace } = api;
const exporter = new InMemorySpanExporter();
let telemetry: ReturnType<typeof createTelemetry>;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  telemetry = createTelemetry(api, '1.2.3');
});
beforeEach(() => exporter.reset());
afterAll(() => {
  for (const registered of [context, propagation, trace]) registered.disable();
});

/** The one span that ended. */
function onlySpan() {
  const spans = exporter.getFinishedSpans();
  expect(spans).toHaveLength(1);
  return spans[0] as (typeof spans)[number];
}

it.each([
  ['command', { command: 'run' }, 'lockstep run', 0],
  ['run', { corpus: 'books' }, 'run', 0],
  ['stage', { stage: 'embed' }, 'stage embed', 0],
  ['embeddings', { model: 'm' }, 'embeddings m', 2],
  ['database', { operation: 'upsert_points', collection: 'books' }, 'upsert_points books', 2],
  ['database', { operation: 'BATCH', summary: 'DELETE INSERT books', collection: 'books' }, 'DELETE INSERT books', 2],
  ['download', {}, 'download', 2],
  ['call', { dependency: 'qdrant' }, 'call qdrant', 2],
  ['request', { dependency: 'qdrant' }, 'request qdrant', 2],
] as const)('a span of the kind %s with %j is named %j', async (kind, facts, name, spanKind) => {
  await telemetry.span(kind, facts, async () => {});
  expect(onlySpan()).toMatchObject({
    name,
    kind: spanKind,
    instrumentationScope: { name: '@lockstep/indexer', version: '1.2.3' },
  });
});

it('a host with a port becomes two attributes, and a fact that is not known none', async () => {
  await telemetry.span('request', { server: '[::1]:6333', status: undefined }, async () => {});
  expect(onlySpan().attributes).toEqual({ 'server.address': '[::1]', 'server.port': 6333 });
});

it('an error marks its span with its class, its status and its SQLSTATE, and tells nothing of its message', async () => {
  const error = new IndexingError({
    code: 'request-refused',
    message: 'secret words',
    details: { status: 400, sqlState: '42P01', chunk: 'secret words' },
  });
  await expect(telemetry.span('database', {}, () => Promise.reject(error))).rejects.toBe(error);
  const { status, attributes, events } = onlySpan();
  expect([status, attributes, events]).toEqual([
    { code: 2 },
    { 'error.type': 'request-refused', 'http.response.status_code': 400, 'db.response.status_code': '42P01' },
    [],
  ]);
});

it('a command with another exit code than 0 is an error, also where nothing was thrown', async () => {
  await telemetry.span('command', { command: 'verify' }, async (span) => span.tell({ exitCode: 5 }));
  expect(onlySpan()).toMatchObject({ status: { code: 2 }, attributes: { 'process.exit.code': 5, 'error.type': '5' } });
});

it('a span that begins by another one is below it, whatever is active then', async () => {
  await telemetry.span('stage', { stage: 'outer' }, (outer) =>
    telemetry.span('stage', { stage: 'inner' }, () => outer.span('request', { dependency: 'neon' }, async () => {})),
  );
  const [request, inner, outer] = exporter.getFinishedSpans();
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  expect(request?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
});

it('a traceparent of another program is the parent of what is done below it', async () => {
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  await withParent(api, { traceparent: `00-${traceId}-${spanId}-01` }, () => telemetry.span('run', {}, async () => {}));
  expect(onlySpan().parentSpanContext).toMatchObject({ traceId, spanId });
});

it('a traceparent that is none is ignored', async () => {
  await withParent(api, { traceparent: 'nonsense' }, () => telemetry.span('run', {}, async () => {}));
  expect(onlySpan().parentSpanContext).toBeUndefined();
});

it('a flush reaches the provider behind the proxy of the API, and fails as it does', async () => {
  const failing = new InMemorySpanExporter();
  failing.forceFlush = () => Promise.reject(new Error('collector is down'));
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: failing })] });
  trace.disable();
  trace.setGlobalTracerProvider(provider);
  await expect(flushTelemetry(api)).rejects.toBeDefined();
});
