import { formatError, notSupported, outOfRange } from '../requests/qdrant-refusal.ts';
import { type JsonObject, isJsonObject, readFields, readInteger } from '../requests/read-fields.ts';
import { type StrictMode, describeStrictMode, readStrictMode } from './strict-mode.ts';

/** A real Qdrant supports vectors of 1 to 65,536 numbers (`VectorParams.size` in its OpenAPI description, 1.19). */
const DIMENSIONS_MAX = 65_536;
const UNSUPPORTED_VECTOR_KEYS = ['quantization_config', 'hnsw_config', 'memory', 'multivector_config', 'on_disk'];

/** The settings that a real Qdrant 1.19 reports by default. */
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

/**
 * The stored configuration of a collection. Files of earlier versions have more fields, which are not read.
 *
 * The settings of the optimizer change the speed of a real server and never its answers. They are stored and reported,
 * and have no effect on the exact search over one file.
 */
export interface CollectionConfig {
  readonly vectors: VectorParams;
  readonly optimizers_config: JsonObject;
  /** Reported, and changes nothing: every search is exact. */
  readonly quantization_config?: JsonObject | undefined;
  readonly strict_mode_config?: StrictMode | undefined;
}

/** The one vector of a collection. */
interface VectorParams {
  readonly size: number;
  readonly distance: 'Cosine';
  /** @default float32 */
  readonly datatype?: 'float32' | 'float16' | 'uint8';
}

/** The supported fields of the body of `PUT /collections/{c}`. */
export const CREATE_KEYS = ['vectors', 'optimizers_config', 'quantization_config', 'strict_mode_config'];

/**
 * Reads the body of `PUT /collections/{c}`: one unnamed vector with Cosine distance, optimizer settings and
 * strict mode.
 *
 * @throws QdrantRefusal 400 for named and multi-vectors, other distances and settings of vector storage
 */
export function readCollectionConfig(fields: JsonObject): CollectionConfig {
  return {
    vectors: readVectors(fields['vectors']),
    optimizers_config: readOptimizers(fields['optimizers_config']),
    quantization_config: readQuantization(fields['quantization_config']),
    strict_mode_config: readStrictMode(fields['strict_mode_config']),
  };
}

/** Applies a `PATCH /collections/{c}`: replaces the given optimizer settings and strict mode, and leaves the others. */
export function patchCollectionConfig(config: CollectionConfig, fields: JsonObject): CollectionConfig {
  const patch = readOptimizers(fields['optimizers_config']);
  const strict = readStrictMode(fields['strict_mode_config']) ?? config.strict_mode_config;
  return { ...config, optimizers_config: { ...config.optimizers_config, ...patch }, strict_mode_config: strict };
}

/** The `config` of `GET /collections/{c}`. */
export function describeConfig(config: CollectionConfig): JsonObject {
  const { vectors, optimizers_config, quantization_config, strict_mode_config } = config;
  return {
    params: {
      vectors,
      shard_number: 1,
      replication_factor: 1,
      write_consistency_factor: 1,
      on_disk_payload: true,
    },
    hnsw_config: HNSW_DEFAULTS,
    optimizer_config: { ...OPTIMIZER_DEFAULTS, ...optimizers_config },
    quantization_config: quantization_config ?? null,
    ...(strict_mode_config !== undefined && { strict_mode_config: describeStrictMode(strict_mode_config) }),
  };
}

function readVectors(value: unknown): CollectionConfig['vectors'] {
  if (isJsonObject(value) && !Object.hasOwn(value, 'size') && Object.values(value).some(isJsonObject)) {
    throw notSupported('named vectors in vectors');
  }
  const fields = readFields(value, 'vectors', ['size', 'distance', 'datatype'], UNSUPPORTED_VECTOR_KEYS);
  const { distance } = fields;
  if (fields['size'] === undefined) throw formatError('missing field `size` in vectors');
  const size = readInteger(fields['size'], 'vectors.size', 1, 0);
  if (size > DIMENSIONS_MAX) {
    throw outOfRange('JSON body', `vectors.size: value ${size} invalid, must be from 1 to ${DIMENSIONS_MAX}`);
  }
  if (distance === 'Dot' || distance === 'Euclid' || distance === 'Manhattan') {
    throw notSupported(`the distance ${distance}, only Cosine`);
  }
  if (distance !== 'Cosine') throw formatError('vectors.distance must be Cosine');
  const { datatype = null } = fields;
  if (datatype !== null && datatype !== 'float32' && datatype !== 'float16' && datatype !== 'uint8') {
    throw formatError('vectors.datatype must be float32, float16 or uint8');
  }
  return {
    size,
    distance,
    ...(datatype !== null && { datatype }),
  };
}

function readQuantization(value: unknown): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  return readFields(value, 'quantization_config', ['scalar', 'product', 'binary']);
}

function readOptimizers(value: unknown): JsonObject {
  if (value === undefined || value === null) return {};
  // `prevent_unoptimized` hides points until they are indexed. It changes answers, so storing it is not enough.
  const fields = readFields(value, 'optimizers_config', Object.keys(OPTIMIZER_DEFAULTS), ['prevent_unoptimized']);
  const given = Object.entries(fields).filter(([, one]) => one !== null);
  for (const [key, one] of given) {
    if (typeof one !== 'number') throw formatError(`optimizers_config.${key} must be a number`);
  }
  return Object.fromEntries(given);
}
