export { createTelemetry, type OpenTelemetryApi } from './create-telemetry.ts';
export { flushTelemetry } from './flush-telemetry.ts';
export { withParent, type TraceVariables } from './with-parent.ts';
