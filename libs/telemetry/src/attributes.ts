import type { Attributes } from '@opentelemetry/api';
import type { Facts } from '@lockstep/model';
import {
  ATTR_DB_COLLECTION_NAME,
  ATTR_DB_OPERATION_BATCH_SIZE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions';
import {
  ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_PROCESS_EXIT_CODE,
} from '@opentelemetry/semantic-conventions/incubating';

/** The attribute of each fact: by the conventions where they have one, else a name of ours. */
export const ATTRIBUTES = {
  corpus: 'lockstep.corpus',
  stage: 'lockstep.stage',
  command: 'lockstep.command',
  exitCode: ATTR_PROCESS_EXIT_CODE,
  runId: 'lockstep.run.id',
  inStep: 'lockstep.in_step',
  differences: 'lockstep.differences',
  outcome: 'lockstep.outcome',
  dependency: 'lockstep.service',
  server: ATTR_SERVER_ADDRESS,
  attempt: 'lockstep.attempt',
  delayMs: 'lockstep.delay_ms',
  reason: 'lockstep.reason',
  error: ATTR_ERROR_TYPE,
  status: ATTR_HTTP_RESPONSE_STATUS_CODE,
  sqlState: ATTR_DB_RESPONSE_STATUS_CODE,
  provider: ATTR_GEN_AI_PROVIDER_NAME,
  model: ATTR_GEN_AI_REQUEST_MODEL,
  dimensions: ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
  texts: 'lockstep.embedding.texts',
  tokens: ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  dollars: 'lockstep.embedding.cost',
  database: ATTR_DB_SYSTEM_NAME,
  operation: ATTR_DB_OPERATION_NAME,
  summary: ATTR_DB_QUERY_SUMMARY,
  collection: ATTR_DB_COLLECTION_NAME,
  statements: ATTR_DB_OPERATION_BATCH_SIZE,
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
    attributes[ATTR_SERVER_ADDRESS] = host;
    if (port !== undefined) attributes[ATTR_SERVER_PORT] = Number(port);
  }
  return attributes;
}
