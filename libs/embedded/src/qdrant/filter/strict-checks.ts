import type { CollectionConfig } from '../collections/collection-config.ts';
import type { Collection } from '../collections/collections.ts';
import { readIndexes } from '../collections/payload-index.ts';
import type { StrictMode } from '../collections/strict-mode.ts';
import { QdrantRefusal } from '../requests/qdrant-refusal.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import type { Filter } from './filter.ts';

function strictModeOf({ config }: Collection): StrictMode | undefined {
  const { strict_mode_config: strict } = JSON.parse(config) as CollectionConfig;
  return strict?.enabled === true ? strict : undefined;
}

/** Refuses a read whose filter has a key without an index, or that asks for more points than are allowed. */
export function checkRead(
  tx: Transaction,
  collection: Collection,
  { filter, limit }: { readonly filter: Filter | undefined; readonly limit?: number },
): void {
  const strict = strictModeOf(collection);
  if (strict === undefined) return;
  checkLimit(limit, strict.max_query_limit, 'limit');
  if (strict.unindexed_filtering_retrieve === false) checkIndexed(tx, collection, filter);
}

/** Refuses a write by a filter that has a key without an index. */
export function checkWriteFilter(tx: Transaction, collection: Collection, filter: Filter): void {
  if (strictModeOf(collection)?.unindexed_filtering_update === false) checkIndexed(tx, collection, filter);
}

/** Refuses an upsert of too many points. */
export function checkUpsert(collection: Collection, points: number): void {
  checkLimit(points, strictModeOf(collection)?.upsert_max_batchsize ?? null, 'upsert limit');
}

/** Refuses a request that changes more points than are allowed in a minute, whenever it comes. */
export function checkWriteRate(collection: Collection, points: number): void {
  const limit = strictModeOf(collection)?.write_rate_limit ?? null;
  if (limit === null || points <= limit) return;
  throw new QdrantRefusal(
    429,
    'Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity, please try to split your request',
  );
}

function checkLimit(value: number | undefined, limit: number | null, name: string): void {
  if (value === undefined || limit === null || value <= limit) return;
  throw strictRefusal(
    `Limit exceeded ${value} > ${limit} for "${name}"`,
    `Reduce the "${name}" parameter to or below ${limit}.`,
  );
}

function checkIndexed(tx: Transaction, collection: Collection, filter: Filter | undefined): void {
  if (filter === undefined) return;
  const indexed = new Set(readIndexes(tx, collection.id).map(({ path }) => JSON.stringify(path)));
  for (const condition of [...filter.must, ...filter.should, ...filter.mustNot]) {
    if (condition.kind === 'has-id' || indexed.has(JSON.stringify(condition.path))) continue;
    throw strictRefusal(
      `Index required but not found for "${condition.path.join('.')}" of one of the following types: [keyword]`,
      'Create an index for this key or use a different filter.',
    );
  }
}

/** The text of a real Qdrant (`lib/collection/src/operations/verification`). */
function strictRefusal(error: string, help: string): QdrantRefusal {
  return new QdrantRefusal(400, `Bad request: ${error}. Help: ${help}`);
}
