/** How a number is kept: added up, as a distribution, or the last one. */
export type MetricKind = 'counter' | 'histogram' | 'gauge';

/** Numbers that libraries tell by themselves. Durations, tokens and dollars come from the spans. */
export const METRICS = {
  'lockstep.chunks': {
    kind: 'counter',
    unit: '{chunk}',
    description: 'Chunks by what a stage did with them',
  },
  'lockstep.retries': {
    kind: 'counter',
    unit: '{retry}',
    description: 'Requests that are sent again, by service and reason',
  },
  'lockstep.breaker.state': {
    kind: 'gauge',
    unit: '1',
    description: 'Circuit breaker of a service: 0 closed, 1 half open, 2 open',
  },
} as const satisfies Readonly<
  Record<string, { readonly kind: MetricKind; readonly unit: string; readonly description: string }>
>;

export type MetricName = keyof typeof METRICS;
