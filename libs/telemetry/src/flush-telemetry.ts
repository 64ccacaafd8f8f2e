import type { OpenTelemetryApi } from './create-telemetry.ts';

/** What providers of the SDK have, and the API does not name. */
interface Flushable {
  getDelegate?(): unknown;
  forceFlush?(): Promise<void>;
}

/**
 * Has the registered providers send what they hold, where they can: a batch is otherwise lost when a program ends. Fails with the first
 * error of a provider.
 */
export async function flushTelemetry({ trace, metrics }: OpenTelemetryApi): Promise<void> {
  const providers: unknown[] = [trace.getTracerProvider(), metrics.getMeterProvider()];
  await Promise.all(
    providers.map((provider) => {
      // The API hands out a proxy for the provider of spans.
      const flushable = ((provider as Flushable).getDelegate?.() ?? provider) as Flushable;
      return flushable.forceFlush?.();
    }),
  );
}
