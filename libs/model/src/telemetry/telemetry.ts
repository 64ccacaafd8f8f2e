import type { Facts } from './facts.ts';
import type { MetricName } from './metrics.ts';

/**
 * What a span is about. `command`: a command or an operation of the API. `run`: a run or a repair of one corpus. `stage`: one of
 * its stages or operations. `embeddings`, `database`, `download`, `call`: one call to a service with all its attempts. `request`: one
 * attempt.
 */
export type SpanKind = 'command' | 'run' | 'stage' | CallKind | 'request';

/** What is called; `call` where nothing more is known. */
export type CallKind = 'embeddings' | 'database' | 'download' | 'call';

/** What happens within a span. */
export type SpanEvent = 'retry' | 'rate-limit-waited' | 'breaker-opened' | 'breaker-half-open' | 'breaker-closed';

/** Where spans begin. */
export interface SpanParent {
  /**
   * Does work in a span. It ends with the work; where the work fails, it has the class of the error, and nothing of its message. Spans
   * that begin within the work are below it.
   */
  span<Result>(kind: SpanKind, facts: Facts, work: (span: Span) => Promise<Result>): Promise<Result>;
}

/** A span that has not ended. What begins by its own `span` is below it wherever that is called. */
export interface Span extends SpanParent {
  /** Adds facts, also to the metrics of the span. */
  tell(facts: Facts): void;
  event(name: SpanEvent, facts?: Facts): void;
}

/** Receives spans and metrics of the libraries. Its own spans are below what the caller has active. */
export interface Telemetry extends SpanParent {
  /** Adds a number to a metric. */
  record(metric: MetricName, value: number, facts?: Facts): void;
}

const NO_SPAN: Span = { span: (_kind, _facts, work) => work(NO_SPAN), tell() {}, event() {} };

/** Tells nobody. */
export const NO_TELEMETRY: Telemetry = { span: NO_SPAN.span, record() {} };
