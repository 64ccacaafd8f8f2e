import type { MinuteLimits } from '@lockstep/resilience';
import type { Environment } from './environment.ts';
import type { Flags } from './flags.ts';

/** What may be sent to the embedding service in a minute: a flag, else a variable, else what the service itself tells. */
export function minuteLimits(
  flags: Pick<Flags, 'tokens-per-minute' | 'requests-per-minute'>,
  { LOCKSTEP_TOKENS_PER_MINUTE, LOCKSTEP_REQUESTS_PER_MINUTE }: Environment,
): MinuteLimits {
  const tokens = flags['tokens-per-minute'] ?? LOCKSTEP_TOKENS_PER_MINUTE;
  const requests = flags['requests-per-minute'] ?? LOCKSTEP_REQUESTS_PER_MINUTE;
  return { ...(tokens === undefined ? {} : { tokens }), ...(requests === undefined ? {} : { requests }) };
}
