// Prints the spans and metrics of a command to the terminal, without a collector:
//
//   npm install @opentelemetry/api @opentelemetry/context-async-hooks @opentelemetry/core \
//     @opentelemetry/sdk-metrics @opentelemetry/sdk-trace
//   NODE_OPTIONS="--import $PWD/otel-console.mjs" npx lockstep run docs/chunks.json
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, ConsoleSpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';

const spans = new BatchSpanProcessor({ exporter: new ConsoleSpanExporter() });
const reader = new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() });

// Which span is active, so that those of a run are below each other; and how TRACEPARENT is read.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spans] }));
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
