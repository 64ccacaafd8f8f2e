import { QdrantRefusal, notFound, outOfRange, wrongInput } from '../requests/qdrant-refusal.ts';
import { type JsonObject, readFields } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import {
  CREATE_KEYS,
  type CollectionConfig,
  describeConfig,
  patchCollectionConfig,
  readCollectionConfig,
} from './collection-config.ts';
import { describeIndexes, dropIndexKeys } from './payload-index.ts';

/** A row of the table `collections`. */
export interface Collection {
  readonly id: number;
  readonly name: string;
  readonly dimensions: number;
  readonly config: string;
  readonly points_count: number;
  readonly next_slot: number;
  readonly operations: number;
  readonly vectors_changed: number;
}

const UNSUPPORTED_KEYS = [
  'hnsw_config',
  'init_from',
  'metadata',
  'on_disk_payload',
  'payload',
  'replication_factor',
  'shard_number',
  'sharding_method',
  'sparse_vectors',
  'wal_config',
  'write_consistency_factor',
];
/** A real Qdrant refuses these characters in a name, and longer names, since it names directories after collections. */
const FORBIDDEN_IN_NAMES = ['<', '>', ':', '"', '/', '\\', '|', '?', '*', '\0', '\u{1F}'];
const NAME_CHARACTERS_MAX = 255;

/** The collection with a name or an alias. Refuses with 404 and the text of a real Qdrant. */
export function resolveCollection(tx: Transaction, name: string): Collection {
  const found =
    tx.get<Collection>('SELECT * FROM collections WHERE name = ?', name) ??
    tx.get<Collection>(
      'SELECT c.* FROM aliases a JOIN collections c ON c.id = a.collection_id WHERE a.alias = ?',
      name,
    );
  if (found === undefined) throw notFound(`Collection \`${name}\` doesn't exist!`);
  return found;
}

/** `GET /collections`, sorted by name. */
export function listCollections(tx: Transaction): JsonObject {
  return { collections: tx.all<{ name: string }>('SELECT name FROM collections ORDER BY name') };
}

/** `PUT /collections/{c}`. Refuses with 409 when the collection exists, and with 400 when an alias has the name. */
export function createCollection(tx: Transaction, name: string, body: unknown): true {
  checkName(name);
  const config = readCollectionConfig(readFields(body, 'the request', CREATE_KEYS, UNSUPPORTED_KEYS));
  refuseTakenName(tx, name);
  if (tx.get('SELECT 1 FROM aliases WHERE alias = ?', name) !== undefined) {
    throw wrongInput(`Can't create collection with name ${name}. Alias with the same name already exists`);
  }
  tx.run(
    'INSERT INTO collections (name, dimensions, config) VALUES (?, ?, ?)',
    name,
    config.vectors.size,
    JSON.stringify(config),
  );
  return true;
}

/** Refuses with 409 when a collection has this name. */
export function refuseTakenName(tx: Transaction, name: string): void {
  if (tx.get('SELECT 1 FROM collections WHERE name = ?', name) !== undefined) {
    throw new QdrantRefusal(409, `Wrong input: Collection \`${name}\` already exists!`);
  }
}

/** `PATCH /collections/{c}`: replaces the optimizer settings and the strict mode that are given. */
export function updateCollection(tx: Transaction, name: string, body: unknown): true {
  const fields = readFields(
    body,
    'the request',
    ['optimizers_config', 'strict_mode_config'],
    ['params', 'vectors', ...UNSUPPORTED_KEYS],
  );
  const collection = resolveCollection(tx, name);
  const config = patchCollectionConfig(JSON.parse(collection.config) as CollectionConfig, fields);
  tx.run('UPDATE collections SET config = ? WHERE id = ?', JSON.stringify(config), collection.id);
  return true;
}

/** `DELETE /collections/{c}`: false when it does not exist. Aliases are not resolved, as in a real Qdrant. */
export function deleteCollection(tx: Transaction, name: string): boolean {
  const collection = tx.get<Collection>('SELECT * FROM collections WHERE name = ?', name);
  if (collection === undefined) return false;
  const [first, end] = slotRange(collection.id);
  tx.run('DELETE FROM vectors WHERE slot >= ? AND slot < ?', first, end);
  tx.run('DELETE FROM points WHERE slot >= ? AND slot < ?', first, end);
  dropIndexKeys(tx, collection.id);
  tx.run('DELETE FROM collections WHERE id = ?', collection.id);
  return true;
}

/** `GET /collections/{c}`. `status` is always green: there is nothing to optimise. */
export function describeCollection(tx: Transaction, name: string): JsonObject {
  const collection = resolveCollection(tx, name);
  return {
    status: 'green',
    optimizer_status: 'ok',
    indexed_vectors_count: 0,
    points_count: collection.points_count,
    segments_count: 1,
    config: describeConfig(JSON.parse(collection.config) as CollectionConfig),
    payload_schema: describeIndexes(tx, collection.id),
    update_queue: { length: 0 },
  };
}

/** The slots of a collection: from the first number (inclusive) to the second (exclusive). */
export function slotRange(collectionId: number): readonly [number, number] {
  return [collectionId * 2 ** 32, (collectionId + 1) * 2 ** 32];
}

/** Counts an operation on a collection and returns its number: `operation_id` in answers and `version` of a point. */
export function nextOperation(tx: Transaction, collection: Collection): number {
  tx.run('UPDATE collections SET operations = operations + 1 WHERE id = ?', collection.id);
  return collection.operations + 1;
}

function checkName(name: string): void {
  if (name.length === 0 || [...name].length > NAME_CHARACTERS_MAX) {
    throw outOfRange('path parameters', `name: value "${name}" invalid, must be from 1 to 255 characters`);
  }
  const forbidden = FORBIDDEN_IN_NAMES.find((character) => name.includes(character));
  if (forbidden !== undefined) {
    throw outOfRange('path parameters', `name: collection name cannot contain ${JSON.stringify(forbidden)}`);
  }
}
