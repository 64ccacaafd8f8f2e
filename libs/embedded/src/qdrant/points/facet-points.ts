import { resolveCollection } from '../collections/collections.ts';
import { checkRead } from '../filter/strict-checks.ts';
import { type PayloadIndex, indexedText, readIndexes } from '../collections/payload-index.ts';
import { notSupported, wrongInput } from '../requests/qdrant-refusal.ts';
import { readBoolean, readFields, readInteger, readString } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { readJsonPath } from '../values/json-path.ts';

/** A facet without a limit returns 10 values, as in a real Qdrant. */
const FACET_LIMIT = 10;

/**
 * `POST /collections/{c}/facet`: the strings at a key, each with the number of points that have it, highest number
 * first and equal ones by value. A point with an array of strings counts for each. Counts are exact, also when `exact`
 * is false.
 *
 * Like a real Qdrant it needs a keyword index on the key, and otherwise refuses with 400 and the text of that server
 * (qdrant/qdrant, `lib/segment/src/data_types/facets.rs` and `lib/segment/src/common/operation_error.rs`).
 */
export function facetPoints(tx: Transaction, name: string, body: unknown): string {
  const fields = readFields(body, 'the request', ['key', 'limit', 'exact'], ['filter', 'shard_key']);
  readJsonPath(fields['key'], 'key');
  const key = readString(fields['key'], 'key');
  const limit = readInteger(fields['limit'], 'limit', 1, FACET_LIMIT);
  readBoolean(fields['exact'], 'exact', false);
  const collection = resolveCollection(tx, name);
  checkRead(tx, collection, { filter: undefined, limit });
  const index = keywordIndex(readIndexes(tx, collection.id), key);
  const hits = countTexts(tx, index).toSorted((a, b) => b.count - a.count || compareBytes(a.value, b.value));
  return JSON.stringify({ hits: hits.slice(0, limit) });
}

function keywordIndex(indexes: readonly PayloadIndex[], key: string): PayloadIndex {
  const index = indexes.find(({ field }) => field === key);
  if (index?.type === 'keyword') return index;
  if (index?.type === 'integer') throw notSupported('a facet over a payload index of type integer, only keyword');
  throw wrongInput(
    `No appropriate index for faceting: \`${key}\`. Please create one to facet on this field. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Match conditions`,
  );
}

function countTexts(tx: Transaction, index: PayloadIndex): { value: string; count: number }[] {
  // The first slot of each key, from which a long text is read that its key does not have.
  const found = new Map<string, { readonly slot: number; count: number }>();
  const rows = tx.each<{ key: string; slot: number }>(
    'SELECT key, slot FROM payload_keys WHERE index_id = ?',
    index.id,
  );
  for (const { key, slot } of rows) {
    const known = found.get(key);
    if (known === undefined) found.set(key, { slot, count: 1 });
    else known.count += 1;
  }
  return [...found].flatMap(([key, { slot, count }]) => {
    const value = indexedText(tx, index, { key, slot });
    return value === undefined ? [] : [{ value, count }];
  });
}

/** Compares the UTF-8 bytes, as a real Qdrant does. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
