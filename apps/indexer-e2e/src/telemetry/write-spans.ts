import { appendFileSync } from 'node:fs';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';

/*
 * Preloaded with `node --import`, as a user does it: registers the SDK of OpenTelemetry with spans in batches, which are lost unless somebody
 * flushes them. They are appended to the file that LOCKSTEP_TEST_SPANS names, one JSON object a line; `never` stands for a collector that does not answer.
 */
const file = process.env['LOCKSTEP_TEST_SPANS'];
if (file === undefined) throw new Error('expected LOCKSTEP_TEST_SPANS');

const exporter: SpanExporter = {
  export(spans, done) {
    if (file === 'never') return;
    for (const span of spans) {
      const { name, parentSpanContext, attributes, events, status } = span;
      const { traceId, spanId } = span.spanContext();
      const told = { name, traceId, spanId, parentId: parentSpanContext?.spanId, attributes, status };
      appendFileSync(file, `${JSON.stringify({ ...told, events: events.map((event) => event.name) })}\n`);
    }
    done({ code: 0 });
  },
  async shutdown() {},
  async forceFlush() {},
};
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] }));
