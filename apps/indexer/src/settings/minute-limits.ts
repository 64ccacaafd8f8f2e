import type { MinuteLimits } from '@lockstep/resilience';
import type { Flags } from './flags.ts';

/** What may be sent to the embedding service in a minute; a limit that is not set is what the service reports. */
export function minuteLimits({ 'tokens-per-minute': tokens, 'requests-per-minute': requests }: Flags): MinuteLimits {
  return { ...(tokens === undefined ? {} : { tokens }), ...(requests === undefined ? {} : { requests }) };
}
