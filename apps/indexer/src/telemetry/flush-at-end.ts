import type { LoadedTelemetry } from './load-telemetry.ts';

/** How long a program that has done its work waits for a collector, and one that was interrupted, in milliseconds. */
const WAIT_MS = { done: 10_000, interrupted: 2_000 } as const;

/**
 * Sends what is held before the program ends, and waits for that only so long: a collector that is down must not hold a command up.
 * Returns why not everything was sent, without the message of a provider, which may name an address with a key.
 */
export async function flushAtEnd(telemetry: LoadedTelemetry, how: keyof typeof WAIT_MS): Promise<string | undefined> {
  const limitMs = WAIT_MS[how];
  const { promise: tooLong, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`no answer within ${limitMs / 1000} s`), limitMs);
  try {
    return await Promise.race([telemetry.flush().then(() => undefined), tooLong]);
  } catch (error) {
    return `the exporter failed${error instanceof Error ? ` (${error.name})` : ''}`;
  } finally {
    clearTimeout(timer);
  }
}
