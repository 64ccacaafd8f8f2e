import type { Attributes } from '@opentelemetry/api';
import type { Facts } from '@lockstep/model';

/**
 * The attribute of each fact: by the conventions where they have one (`conventions.test.ts` compares with their package), else a
 * name of ours.
 */
export const ATTRIBUTES = {
  corpus: 'lockstep.corpus',
  stage: 'lockstep.stage',
  command: 'lockstep.command',
  exitCode: 'process.exit.code',
  runId: 'lockstep.run.id',
  inStep: 'lockstep.in_step',
  differences: 'lockstep.differences',
  outcome: 'lockstep.outcome',
  dependency: 'lockstep.service',
  server: 'server.address',
  attempt: 'lockstep.attempt',
  delayMs: 'lockstep.delay_ms',
  reason: 'lockstep.reason',
  error: 'error.type',
  status: 'http.response.status_code',
  sqlState: 'db.response.status_code',
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  dimensions: 'gen_ai.embeddings.dimension.count',
  texts: 'lockstep.embedding.texts',
  tokens: 'gen_ai.usage.input_tokens',
  dollars: 'lockstep.embedding.cost',
  database: 'db.system.name',
  operation: 'db.operation.name',
  summary: 'db.query.summary',
  collection: 'db.collection.name',
  statements: 'db.operation.batch.size',
} as const satisfies Readonly<Record<keyof Facts, string>>;

/** The attributes of facts. A fact that is not known has none. */
export function attributesOf(facts: Facts): Attributes {
  const attributes: Attributes = {};
  for (const [fact, value] of Object.entries(facts) as [keyof Facts, string | number | boolean | undefined][]) {
    if (value === undefined) continue;
    if (fact !== 'server') {
      attributes[ATTRIBUTES[fact]] = value;
      continue;
    }
    const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(String(value)) ?? [];
    attributes['server.address'] = host;
    if (port !== undefined) attributes['server.port'] = Number(port);
  }
  return attributes;
}
