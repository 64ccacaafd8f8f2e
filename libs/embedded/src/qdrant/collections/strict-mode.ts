import { type JsonObject, readBoolean, readFields, readInteger } from '../requests/read-fields.ts';

/** The part of `strict_mode_config` that this server holds requests to; null where it does not limit. */
export interface StrictMode {
  readonly enabled: boolean;
  /** False: a filter of a read needs an index for each of its keys. */
  readonly unindexed_filtering_retrieve: boolean | null;
  /** The same for the filter of a write. */
  readonly unindexed_filtering_update: boolean | null;
  readonly max_query_limit: number | null;
  readonly upsert_max_batchsize: number | null;
  /** Points a minute. Only a write of more than that is refused: no time is counted. */
  readonly write_rate_limit: number | null;
}

const FLAGS = ['unindexed_filtering_retrieve', 'unindexed_filtering_update'] as const;
const LIMITS = ['max_query_limit', 'upsert_max_batchsize', 'write_rate_limit'] as const;
const UNSUPPORTED = [
  'condition_max_size',
  'filter_max_conditions',
  'max_collection_payload_size_bytes',
  'max_collection_vector_size_bytes',
  'max_payload_index_count',
  'max_points_count',
  'max_timeout',
  'multivector_config',
  'read_rate_limit',
  'search_allow_exact',
  'search_max_batchsize',
  'search_max_hnsw_ef',
  'search_max_oversampling',
  'sparse_config',
];

/** Reads `strict_mode_config`; undefined when it is absent or null. */
export function readStrictMode(value: unknown): StrictMode | undefined {
  if (value === undefined || value === null) return undefined;
  const where = 'strict_mode_config';
  const fields = readFields(value, where, ['enabled', ...FLAGS, ...LIMITS], UNSUPPORTED);
  const flag = (key: (typeof FLAGS)[number]): boolean | null =>
    (fields[key] ?? null) === null ? null : readBoolean(fields[key], `${where}.${key}`, true);
  const limit = (key: (typeof LIMITS)[number]): number | null =>
    (fields[key] ?? null) === null ? null : readInteger(fields[key], `${where}.${key}`, 1, 1);
  return {
    enabled: readBoolean(fields['enabled'], `${where}.enabled`, false),
    unindexed_filtering_retrieve: flag('unindexed_filtering_retrieve'),
    unindexed_filtering_update: flag('unindexed_filtering_update'),
    max_query_limit: limit('max_query_limit'),
    upsert_max_batchsize: limit('upsert_max_batchsize'),
    write_rate_limit: limit('write_rate_limit'),
  };
}

/** `strict_mode_config` as `GET /collections/{c}` reports it: what was given. */
export function describeStrictMode(strict: StrictMode): JsonObject {
  return Object.fromEntries(Object.entries(strict).filter(([, value]) => value !== null));
}
