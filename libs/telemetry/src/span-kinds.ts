import type { Attributes } from '@opentelemetry/api';
import type { Facts, MetricKind, SpanKind } from '@lockstep/model';

/** A metric that comes from spans. */
export interface SpanMetric {
  readonly name: string;
  readonly kind: Exclude<MetricKind, 'gauge'>;
  readonly unit: string;
  readonly description: string;
  readonly boundaries?: readonly number[];
  readonly attributes?: Attributes;
}

/** How spans of a kind are told. */
export interface ToldSpan {
  readonly name: (facts: Facts) => string;
  /** Whether it is the client's side of a call to another process. */
  readonly isClient: boolean;
  readonly attributes?: Attributes;
  /** The metric of its duration, in seconds. */
  readonly duration?: SpanMetric;
  /** Metrics of its facts. */
  readonly metrics?: Readonly<Partial<Record<'tokens' | 'dollars', SpanMetric>>>;
}

/** The boundaries that the conventions recommend. Source: the page of each metric in semantic-conventions 1.41, seen 2026-12-01. */
const GEN_AI_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const GEN_AI_TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
const DATABASE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
/** A stage takes a tenth of a second, or hours. */
const STAGE_SECONDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 14400];

const seconds = (name: string, description: string, boundaries: readonly number[]): SpanMetric => ({
  name,
  kind: 'histogram',
  unit: 's',
  description,
  boundaries,
});

const embeddings: Attributes = { 'gen_ai.operation.name': 'embeddings' };

/** Spans by kind. A span of a call covers all its attempts, as the conventions for GenAI and for databases say. */
export const SPAN_KINDS: Readonly<Record<SpanKind, ToldSpan>> = {
  command: { name: ({ command }) => `lockstep ${command}`, isClient: false },
  run: {
    name: () => 'run',
    isClient: false,
    duration: seconds('lockstep.run.duration', 'Duration of runs and repairs of a corpus', STAGE_SECONDS),
  },
  stage: {
    name: ({ stage }) => `stage ${stage}`,
    isClient: false,
    duration: seconds('lockstep.stage.duration', 'Duration of stages', STAGE_SECONDS),
  },
  embeddings: {
    name: ({ model }) => `embeddings ${model}`,
    isClient: true,
    attributes: { ...embeddings, 'gen_ai.request.encoding_formats': ['base64'] },
    duration: {
      ...seconds('gen_ai.client.operation.duration', 'Duration of calls for embeddings', GEN_AI_SECONDS),
      attributes: embeddings,
    },
    metrics: {
      tokens: {
        name: 'gen_ai.client.token.usage',
        kind: 'histogram',
        unit: '{token}',
        description: 'Tokens that a call was charged for',
        boundaries: GEN_AI_TOKENS,
        attributes: { ...embeddings, 'gen_ai.token.type': 'input' },
      },
      dollars: {
        name: 'lockstep.embedding.cost',
        kind: 'counter',
        unit: '{USD}',
        description: 'US dollars paid for embeddings, by the price that is known or given',
      },
    },
  },
  database: {
    name: ({ operation, summary, collection }) => summary ?? `${operation} ${collection}`,
    isClient: true,
    duration: seconds('db.client.operation.duration', 'Duration of calls to a store', DATABASE_SECONDS),
  },
  download: { name: () => 'download', isClient: true },
  call: { name: ({ dependency }) => `call ${dependency}`, isClient: true },
  request: {
    name: ({ dependency }) => `request ${dependency}`,
    isClient: true,
    duration: seconds('lockstep.request.duration', 'Duration of single requests', DATABASE_SECONDS),
  },
};

/** Facts that metrics are kept apart by; each has few values. */
export const METRIC_FACTS: readonly (keyof Facts)[] = [
  ...(['corpus', 'stage', 'outcome', 'dependency', 'reason', 'server', 'provider', 'model'] as const),
  ...(['database', 'operation', 'summary', 'collection', 'error', 'status', 'sqlState'] as const),
];
