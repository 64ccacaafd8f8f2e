import * as api from '@opentelemetry/api';
import { createTelemetry } from '@lockstep/telemetry';
import type { LibraryCall } from './library-call.ts';

export const call: LibraryCall = async () => {
  const names: string[] = [];
  const startSpan = (name: string): api.Span => {
    names.push(name);
    return api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT);
  };
  const tracer = { startSpan } as unknown as api.Tracer;
  api.trace.disable();
  api.trace.setGlobalTracerProvider({ getTracer: () => tracer });
  const telemetry = createTelemetry(api, '0.0.0');
  const result = await telemetry.span('stage', { stage: 'embed' }, (span) =>
    span.span('request', { dependency: 'openai' }, async () => 'done'),
  );
  return { found: [result, names], expected: ['done', ['stage embed', 'request openai']] };
};
