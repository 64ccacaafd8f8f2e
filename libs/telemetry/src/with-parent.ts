import type { OpenTelemetryApi } from './create-telemetry.ts';

/** Variables that carry the span of the program that started this one, as headers of HTTP do. */
export interface TraceVariables {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly baggage?: string | undefined;
}

/** Does work below the span that the variables name, as the registered propagators read them. */
export function withParent<Result>(
  { context, propagation }: OpenTelemetryApi,
  variables: TraceVariables,
  work: () => Result,
): Result {
  return context.with(propagation.extract(context.active(), variables), work);
}
