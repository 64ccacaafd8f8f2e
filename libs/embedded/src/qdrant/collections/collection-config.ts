import { type JsonObject, isJsonObject, readFields, readInteger } from '../requests/read-fields.ts';
import { formatError, notSupported, outOfRange } from '../requests/qdrant-refusal.ts';

/** A real Qdrant takes vectors of 1 to 65,536 numbers (`VectorParams.size` in its OpenAPI description, 1.19). */
const DIMENSIONS_MAX = 65_536;

const HNSW_KEYS = [
  'm',
  'ef_construct',
  'full_scan_threshold',
  'max_indexing_threads',
  'on_disk',
  'memory',
  'payload_m',
  'inline_storage',
];
const OPTIMIZER_KEYS = [
  'deleted_threshold',
  'vacuum_min_vector_number',
  'default_segment_number',
  'max_segment_size',
  'memmap_threshold',
  'indexing_threshold',
  'flush_interval_sec',
  'max_optimization_threads',
];
const WAL_KEYS = ['wal_capacity_mb', 'wal_segments_ahead', 'wal_retain_closed'];

/** What a real Qdrant 1.19 reports when nothing was set. */
const HNSW_DEFAULTS = {
  m: 16,
  ef_construct: 100,
  full_scan_threshold: 10_000,
  max_indexing_threads: 0,
  on_disk: false,
};
const OPTIMIZER_DEFAULTS = {
  deleted_threshold: 0.2,
  vacuum_min_vector_number: 1000,
  default_segment_number: 0,
  max_segment_size: null,
  memmap_threshold: null,
  indexing_threshold: 20_000,
  flush_interval_sec: 5,
  max_optimization_threads: null,
};
const WAL_DEFAULTS = { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 };

/**
 * The configuration of a collection as it is stored.
 *
 * The tuning parts (`hnsw_config`, `optimizers_config`, `wal_config`, the memory placement of vectors) change the speed of
 * a real server and never its answers. They are kept and reported back; exact search over one file has no use for them.
 */
export interface CollectionConfig {
  readonly vectors: { readonly size: number; readonly distance: 'Cosine' } & JsonObject;
  readonly hnsw_config: JsonObject;
  readonly optimizers_config: JsonObject;
  readonly wal_config: JsonObject;
  readonly on_disk_payload: boolean;
}

/** The fields that the body of `PUT /collections/{c}` can have, apart from `metadata`. */
export const CREATE_KEYS = ['vectors', 'hnsw_config', 'optimizers_config', 'wal_config', 'on_disk_payload'];

/**
 * Reads the body of `PUT /collections/{c}`: one unnamed vector of float32 with Cosine distance, and tuning parts.
 *
 * @throws QdrantRefusal 400 for named, sparse and multi-vectors, other distances, quantization, sharding and strict mode
 */
export function readCollectionConfig(fields: JsonObject): CollectionConfig {
  const onDiskPayload = fields['on_disk_payload'] ?? true;
  if (typeof onDiskPayload !== 'boolean') throw formatError('on_disk_payload must be true or false');
  return {
    vectors: readVectors(fields['vectors']),
    hnsw_config: readTuning(fields['hnsw_config'], 'hnsw_config', HNSW_KEYS),
    optimizers_config: readOptimizers(fields['optimizers_config']),
    wal_config: readTuning(fields['wal_config'], 'wal_config', WAL_KEYS),
    on_disk_payload: onDiskPayload,
  };
}

/** Applies the tuning parts of a `PATCH /collections/{c}`: given keys replace, the others stay. */
export function patchCollectionConfig(config: CollectionConfig, fields: JsonObject): CollectionConfig {
  return {
    ...config,
    hnsw_config: { ...config.hnsw_config, ...readTuning(fields['hnsw_config'], 'hnsw_config', HNSW_KEYS) },
    optimizers_config: { ...config.optimizers_config, ...readOptimizers(fields['optimizers_config']) },
  };
}

/** The `config` of `GET /collections/{c}`. `metadata` is left out when none was ever set, as the real server does. */
export function describeConfig(config: CollectionConfig, metadata: JsonObject | undefined): JsonObject {
  return {
    params: {
      vectors: config.vectors,
      shard_number: 1,
      replication_factor: 1,
      write_consistency_factor: 1,
      on_disk_payload: config.on_disk_payload,
    },
    hnsw_config: { ...HNSW_DEFAULTS, ...config.hnsw_config },
    optimizer_config: { ...OPTIMIZER_DEFAULTS, ...config.optimizers_config },
    wal_config: { ...WAL_DEFAULTS, ...config.wal_config },
    quantization_config: null,
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function readVectors(value: unknown): CollectionConfig['vectors'] {
  if (isJsonObject(value) && !Object.hasOwn(value, 'size') && Object.values(value).some(isJsonObject)) {
    throw notSupported('named vectors in vectors');
  }
  const fields = readFields(
    value,
    'vectors',
    ['size', 'distance', 'on_disk', 'memory', 'datatype', 'hnsw_config'],
    ['quantization_config', 'multivector_config'],
  );
  const { distance, datatype } = fields;
  if (fields['size'] === undefined) throw formatError('missing field `size` in vectors');
  const size = readInteger(fields['size'], 'vectors.size', 1, 0);
  if (size > DIMENSIONS_MAX) {
    throw outOfRange('JSON body', `vectors.size: value ${size} invalid, must be from 1 to ${DIMENSIONS_MAX}`);
  }
  if (distance === 'Dot' || distance === 'Euclid' || distance === 'Manhattan') {
    throw notSupported(`the distance ${distance}, only Cosine`);
  }
  if (distance !== 'Cosine') throw formatError('vectors.distance must be Cosine');
  if ((datatype ?? 'float32') !== 'float32') throw notSupported(`the datatype ${String(datatype)}, only float32`);
  const placement = readTuning({ on_disk: fields['on_disk'], memory: fields['memory'] }, 'vectors', [
    'on_disk',
    'memory',
  ]);
  const hnsw = readTuning(fields['hnsw_config'], 'vectors.hnsw_config', HNSW_KEYS);
  return { size, distance, ...placement, ...(Object.keys(hnsw).length === 0 ? {} : { hnsw_config: hnsw }) };
}

function readOptimizers(value: unknown): JsonObject {
  const fields = value === undefined || value === null ? {} : value;
  // `prevent_unoptimized` hides points until they are indexed: it changes answers, so it cannot just be kept.
  const known = readFields(fields, 'optimizers_config', OPTIMIZER_KEYS, ['prevent_unoptimized']);
  return readTuning(known, 'optimizers_config', [...OPTIMIZER_KEYS, 'prevent_unoptimized']);
}

function readTuning(value: unknown, where: string, keys: readonly string[]): JsonObject {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(readFields(value, where, keys)).filter(([, one]) => (one ?? null) !== null);
  for (const [key, one] of entries) {
    if (!['number', 'boolean', 'string'].includes(typeof one))
      throw formatError(`${where}.${key} must be a plain value`);
  }
  return Object.fromEntries(entries);
}
