import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createCollection,
  deleteCollection,
  describeCollection,
  resolveCollection,
} from '../collections/collections.ts';
import { createIndex } from '../collections/payload-index.ts';
import { facetPoints } from '../points/facet-points.ts';
import { type PointOperation, applyOperations, readBatch } from '../points/point-operations.ts';
import type { JsonObject } from '../requests/read-fields.ts';
import { type Transaction, openQdrantStorage } from '../storage/qdrant-storage.ts';
import { type PointId, decodePointId, encodePointId } from '../values/point-id.ts';
import { matchesFilter, readFilter } from './filter.ts';
import { countPoints, selectPoints } from './select-points.ts';

const directory = await mkdtempDisposable(join(tmpdir(), 'qdrant-select-'));
const storage = await openQdrantStorage({ directory: directory.path });
afterAll(async () => {
  storage.close();
  await directory.remove();
});

const uuid = (n: number) => `00000000-0000-5000-8000-00000000000${n}`;
const anyId = fc.constantFrom<PointId>(0, 1, 2, 3, 4, uuid(1), uuid(2), uuid(3));
const long = 'long '.repeat(40);
const anyValue = fc.oneof(
  fc.constantFrom<unknown>('a', 'b', '1', 'true', '', 's:a', `${long}a`, `${long}b`, 1, 2, 1.5, true, false, null),
  fc.array(fc.constantFrom<unknown>('a', 'b', 1, true, null, ['a'])),
);
const anyPayload: fc.Arbitrary<JsonObject> = fc.record(
  { k: anyValue, n: fc.record({ k: anyValue }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);
const anyField = fc.constantFrom('k', 'n.k');
const anyMatch = fc.oneof(
  fc.constantFrom<unknown>('a', 'b', '1', '', `${long}a`, 1, 2, true).map((value) => ({ value })),
  fc.uniqueArray(fc.constantFrom('a', 'b', 'z', `${long}b`)).map((any) => ({ any })),
);
const anyCondition = fc.oneof(
  { weight: 3, arbitrary: fc.record({ key: anyField, match: anyMatch }) },
  { weight: 1, arbitrary: fc.uniqueArray(anyId).map((has_id) => ({ has_id })) },
  { weight: 1, arbitrary: anyField.map((key) => ({ is_empty: { key } })) },
  { weight: 1, arbitrary: fc.record({ key: anyField, range: fc.constantFrom({ gt: 1 }, { lte: 1.5 }) }) },
);
const anyConditions = fc.array(anyCondition, { maxLength: 3 });
const anyFilter = fc.record(
  { must: anyConditions, should: anyConditions, must_not: anyConditions },
  { requiredKeys: [] },
);

type Change =
  | { readonly kind: 'upsert' | 'set' | 'overwrite'; readonly id: PointId; readonly payload: JsonObject }
  | { readonly kind: 'delete'; readonly filter: JsonObject }
  | { readonly kind: 'index'; readonly field: string };

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('upsert', 'set', 'overwrite'), id: anyId, payload: anyPayload }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), filter: anyFilter as fc.Arbitrary<JsonObject> }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('index'), field: anyField }) },
);

/** The expected payload of each point of the collection. */
type Model = Map<PointId, JsonObject>;

function matches(filter: unknown, id: PointId, payload: JsonObject): boolean {
  const read = readFilter(filter);
  return read === undefined || matchesFilter(read, { id, payload: () => payload });
}

function apply(tx: Transaction, model: Model, indexed: Set<string>, change: Change): void {
  const collection = resolveCollection(tx, 'c');
  if ('field' in change) {
    createIndex(tx, collection.id, { field_name: change.field, field_schema: 'keyword' });
    indexed.add(change.field);
  } else if ('filter' in change) {
    applyOperations(tx, 'c', operations({ delete: { filter: change.filter } }), Infinity);
    for (const [id, payload] of model) if (matches(change.filter, id, payload)) model.delete(id);
  } else {
    const { kind, id, payload } = change;
    const before = model.get(id);
    if (kind === 'upsert') {
      applyOperations(tx, 'c', operations({ upsert: { points: [{ id, vector: [1, 0], payload }] } }), Infinity);
      model.set(id, payload);
    } else if (before !== undefined) {
      applyOperations(tx, 'c', operations({ [`${kind}_payload`]: { points: [id], payload } }), Infinity);
      const merged = { ...before, ...payload };
      model.set(
        id,
        kind === 'overwrite'
          ? payload
          : Object.fromEntries(Object.entries(merged).filter(([key]) => payload[key] !== null)),
      );
    }
  }
}

function operations(...list: JsonObject[]): PointOperation[] {
  return readBatch({ operations: list });
}

function valuesOf(payload: JsonObject, field: string): unknown[] {
  return [field === 'k' ? payload['k'] : (payload['n'] as JsonObject | undefined)?.['k']].flat();
}

function hasKey(payload: JsonObject, field: string): boolean {
  return valuesOf(payload, field).some(
    (one) => typeof one === 'string' || typeof one === 'boolean' || Number.isInteger(one),
  );
}

/** The expected answer to a facet over a field of these payloads. */
function facetOf(payloads: readonly JsonObject[], field: string): { value: string; count: number }[] {
  const texts = payloads.flatMap((payload) => [...new Set(valuesOf(payload, field))]);
  const counts = Map.groupBy(
    texts.filter((one) => typeof one === 'string'),
    (text) => text,
  );
  return [...counts]
    .map(([value, { length: count }]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

describe('selectPoints', () => {
  it('filters, counts and facets agree with a scan of all payloads, whatever is indexed', async () => {
    const run = fc.asyncProperty(
      fc.array(anyChange, { minLength: 1, maxLength: 25 }),
      fc.array(anyFilter, { minLength: 3, maxLength: 6 }),
      anyId,
      async (changes, filters, from) => {
        await storage.write((tx) => {
          deleteCollection(tx, 'c');
          createCollection(tx, 'c', { vectors: { size: 2, distance: 'Cosine' } });
          const model: Model = new Map();
          const indexed = new Set<string>();
          for (const change of changes) apply(tx, model, indexed, change);

          const collection = resolveCollection(tx, 'c');
          const ids = [...model.keys()].toSorted((a, b) => Buffer.compare(encodePointId(a), encodePointId(b)));
          for (const filter of filters) {
            const expected = ids.filter((id) => matches(filter, id, model.get(id) ?? {}));
            const found = (start?: Uint8Array) =>
              [...selectPoints(tx, collection, readFilter(filter), start)].map(({ point_id }) =>
                decodePointId(point_id),
              );
            expect(found()).toEqual(expected);
            const start = encodePointId(from);
            expect(found(start)).toEqual(expected.filter((id) => Buffer.compare(encodePointId(id), start) >= 0));
            expect(countPoints(tx, collection, readFilter(filter))).toBe(expected.length);
          }
          const payloads = [...model.values()];
          for (const key of indexed) {
            expect(JSON.parse(facetPoints(tx, 'c', { key }))).toEqual({ hits: facetOf(payloads, key) });
          }
          const schema = [...indexed].map((field): [string, JsonObject] => [
            field,
            { data_type: 'keyword', points: payloads.filter((payload) => hasKey(payload, field)).length },
          ]);
          expect(describeCollection(tx, 'c')).toMatchObject({ points_count: model.size });
          expect(describeCollection(tx, 'c')['payload_schema']).toEqual(Object.fromEntries(schema));
        });
      },
    );
    await fc.assert(run, { numRuns: 150 });
  }, 60_000);

  it('a deleted collection leaves no row in any table', async () => {
    await storage.write((tx) => {
      deleteCollection(tx, 'c');
      createCollection(tx, 'c', { vectors: { size: 2, distance: 'Cosine' } });
      createIndex(tx, resolveCollection(tx, 'c').id, { field_name: 'k', field_schema: 'keyword' });
      applyOperations(
        tx,
        'c',
        operations({ upsert: { points: [{ id: 1, vector: [1, 0], payload: { k: 'a' } }] } }),
        10,
      );
      deleteCollection(tx, 'c');
      for (const table of ['collections', 'points', 'vectors', 'payload_indexes', 'payload_keys', 'aliases']) {
        expect([table, tx.get(`SELECT count(*) AS n FROM ${table}`)]).toEqual([table, { n: 0 }]);
      }
    });
  });

  it('a match and a facet on an indexed key read the index and no payload', async () => {
    await storage.write((tx) => {
      createCollection(tx, 'c', { vectors: { size: 2, distance: 'Cosine' } });
      const collection = resolveCollection(tx, 'c');
      createIndex(tx, collection.id, { field_name: 'k', field_schema: 'keyword' });
      const points = [...'aabbb'].map((k, id) => ({ id, vector: [1, 0], payload: { k } }));
      applyOperations(tx, 'c', operations({ upsert: { points } }), 10);
      // Payloads that are not JSON, so that reading one throws.
      tx.run("UPDATE points SET payload = 'unreadable'");
      const full = resolveCollection(tx, 'c');
      const filter = readFilter({ must: [{ key: 'k', match: { value: 'b' } }] });
      expect([...selectPoints(tx, full, filter)].map(({ point_id }) => decodePointId(point_id))).toEqual([2, 3, 4]);
      expect(countPoints(tx, full, filter)).toBe(3);
      const hits = [
        { value: 'b', count: 3 },
        { value: 'a', count: 2 },
      ];
      expect(JSON.parse(facetPoints(tx, 'c', { key: 'k' }))).toEqual({ hits });
      deleteCollection(tx, 'c');
    });
  });
});
