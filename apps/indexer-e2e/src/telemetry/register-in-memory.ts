import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';

/** A number of a metric, with its attributes; of a histogram, how many were recorded, and their sum. */
export interface Recorded {
  readonly metric: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number | { readonly count: number; readonly sum: number };
}

/** What was told since it was registered. */
export interface InMemoryTelemetry {
  /** Spans that have ended, in the order of their ends. */
  spans(): readonly ReadableSpan[];
  /** The latest numbers. */
  recorded(): Promise<readonly Recorded[]>;
  /** Everything as one text. */
  text(): Promise<string>;
  close(): Promise<void>;
}

/** Registers the SDK of OpenTelemetry in this process, as an application does. */
export function registerInMemory(): InMemoryTelemetry {
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })] });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(tracerProvider);
  metrics.setGlobalMeterProvider(meterProvider);

  const latest = async () => {
    metricExporter.reset();
    await meterProvider.forceFlush();
    return (
      metricExporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
    );
  };
  const spans = (): readonly ReadableSpan[] => spanExporter.getFinishedSpans();
  return {
    spans,
    recorded: async () =>
      (await latest()).flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({
          metric: descriptor.name,
          attributes,
          value: typeof value === 'number' ? value : { count: value.count, sum: value.sum ?? 0 },
        })),
      ),
    text: async () =>
      JSON.stringify([
        spans().map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links })),
        await latest(),
      ]),
    async close() {
      await tracerProvider.shutdown();
      await meterProvider.shutdown();
      for (const api of [trace, metrics, context, propagation]) api.disable();
    },
  };
}
