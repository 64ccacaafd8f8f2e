import type * as Api from '@opentelemetry/api';
import type { Attributes, Context, Meter } from '@opentelemetry/api';
import {
  isIndexingError,
  METRICS,
  type Facts,
  type MetricKind,
  type Span,
  type SpanKind,
  type Telemetry,
} from '@lockstep/model';
import { attributesOf } from './attributes.ts';
import { METRIC_FACTS, SPAN_KINDS, type SpanMetric, type ToldSpan } from './span-kinds.ts';

/** The module `@opentelemetry/api`. */
export type OpenTelemetryApi = typeof Api;

/** Name of the tracer and the meter. */
const SCOPE = '@lockstep/indexer';

/**
 * Telemetry that goes to the providers which are registered with the API. Their context manager tells which span is active; without one
 * the spans of a run are apart from each other.
 *
 * @param version of this program
 */
export function createTelemetry(api: OpenTelemetryApi, version: string): Telemetry {
  const { context, metrics, SpanKind: ApiSpanKind, SpanStatusCode, trace } = api;
  const tracer = trace.getTracer(SCOPE, version);
  const record = createRecorder(metrics.getMeter(SCOPE, version));

  async function inSpan<Result>(
    parent: Context,
    kind: SpanKind,
    facts: Facts,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    const told = SPAN_KINDS[kind];
    const span = tracer.startSpan(
      told.name(facts),
      {
        kind: told.isClient ? ApiSpanKind.CLIENT : ApiSpanKind.INTERNAL,
        attributes: { ...told.attributes, ...attributesOf(facts) },
      },
      parent,
    );
    const within = trace.setSpan(parent, span);
    const startedAt = performance.now();
    let all = facts;
    const tell = (more: Facts): void => {
      all = { ...all, ...more };
      span.setAttributes(attributesOf(more));
    };
    const handle: Span = {
      // Not what is active then: a call may be continued by another one, which left it a free place.
      span: (...below) => inSpan(within, ...below),
      tell,
      event: (name, more = {}) => void span.addEvent(name, attributesOf(more)),
    };
    try {
      const result = await context.with(within, () => work(handle));
      if (all.exitCode !== undefined && all.exitCode !== 0) {
        tell({ error: String(all.exitCode) });
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      return result;
    } catch (error) {
      tell({ ...failureFacts(error), ...(all.error === undefined ? {} : { error: all.error }) });
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      recordSpan(told, all, (performance.now() - startedAt) / 1000);
      span.end();
    }
  }

  function recordSpan({ duration, metrics: ofFacts = {} }: ToldSpan, facts: Facts, durationS: number): void {
    if (duration !== undefined) record(duration, durationS, facts);
    for (const [fact, metric] of Object.entries(ofFacts) as ['tokens' | 'dollars', SpanMetric][]) {
      const value = facts[fact];
      if (value !== undefined) record(metric, value, facts);
    }
  }

  return {
    span: (...given) => inSpan(context.active(), ...given),
    record: (name, value, facts = {}) => record({ name, ...METRICS[name] }, value, facts),
  };
}

/** What is told of an error: nothing of its message, which may name a record or a path. */
function failureFacts(error: unknown): Facts {
  if (!isIndexingError(error)) return { error: error instanceof Error ? error.name : '_OTHER' };
  const { status, sqlState } = error.details;
  return {
    error: error.code,
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof sqlState === 'string' ? { sqlState } : {}),
  };
}

interface Instrument {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string;
  readonly boundaries?: readonly number[];
  readonly attributes?: Attributes;
}

/** Records numbers; each instrument is made with its first one. */
function createRecorder(meter: Meter): (metric: Instrument, value: number, facts: Facts) => void {
  const instruments = new Map<string, (value: number, attributes: Attributes) => void>();

  function instrumentOf({ name, kind, unit, description, boundaries }: Instrument) {
    const options = { unit, description };
    if (kind === 'counter') {
      const counter = meter.createCounter(name, options);
      return (value: number, attributes: Attributes) => counter.add(value, attributes);
    }
    const instrument =
      kind === 'gauge'
        ? meter.createGauge(name, options)
        : meter.createHistogram(name, {
            ...options,
            ...(boundaries && { advice: { explicitBucketBoundaries: [...boundaries] } }),
          });
    return (value: number, attributes: Attributes) => instrument.record(value, attributes);
  }

  return (metric, value, facts) => {
    let put = instruments.get(metric.name);
    if (put === undefined) instruments.set(metric.name, (put = instrumentOf(metric)));
    const dimensions = Object.fromEntries(METRIC_FACTS.map((fact) => [fact, facts[fact]])) as Facts;
    put(value, { ...metric.attributes, ...attributesOf(dimensions) });
  };
}
