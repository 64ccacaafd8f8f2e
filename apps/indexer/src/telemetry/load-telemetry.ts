import { createRequire } from 'node:module';
import { NO_TELEMETRY, type Telemetry } from '@lockstep/model';

/**
 * Where every copy of `@opentelemetry/api` 1.x keeps what is registered (`global-utils` in it, seen in 1.10.0 on 2026-12-01). Nothing is
 * there before an application or a preloaded file registers a provider.
 */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** Telemetry to what is registered in this process. */
export interface LoadedTelemetry extends Telemetry {
  /** Does work below the span that the variables of the process name, of the program that started it. */
  withParent<Result>(variables: Readonly<Record<string, string | undefined>>, work: () => Result): Result;
  /** Has the providers send what they hold. Fails with the error of a provider. */
  flush(): Promise<void>;
}

const NONE: LoadedTelemetry = { ...NO_TELEMETRY, withParent: (_variables, work) => work(), async flush() {} };

/**
 * Telemetry by OpenTelemetry, if something is registered with its API; else nothing is loaded, and nobody is told.
 *
 * @param missing is called where something is registered and the package of the API cannot be found from here
 */
export async function loadTelemetry(missing: () => void): Promise<LoadedTelemetry> {
  if (!(REGISTERED in globalThis)) return NONE;
  const api = await import('@opentelemetry/api').catch(() => undefined);
  if (api === undefined) {
    missing();
    return NONE;
  }
  const { createTelemetry, flushTelemetry, withParent } = await import('@lockstep/telemetry');
  const { version } = createRequire(import.meta.url)('#manifest') as { readonly version: string };
  return {
    ...createTelemetry(api, version),
    withParent(variables, work) {
      const traceparent = variables['TRACEPARENT'] ?? variables[NX_TRACEPARENT];
      return withParent(api, { traceparent, tracestate: variables['TRACESTATE'], baggage: variables['BAGGAGE'] }, work);
    },
    flush: () => flushTelemetry(api),
  };
}

/** Set by the Nx plugin for the tasks of one invocation of Nx, so that the stages of a run share a trace. */
export const NX_TRACEPARENT = 'LOCKSTEP_TRACEPARENT';
