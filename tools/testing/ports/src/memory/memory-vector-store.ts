import {
  IndexingError,
  packByBytes,
  invariant,
  isJsonObject,
  type CallOptions,
  type FieldCondition,
  type JsonValue,
  type NumberRange,
  type PayloadFilter,
  type SearchHit,
  type StoredPoint,
  type VectorStore,
} from '@lockstep/model';

/** A stored point; its vector is scaled to unit length, as in a cosine collection. */
export interface MemoryPoint {
  vector: Float32Array;
  payload: Record<string, JsonValue>;
}

/** A collection in memory, which tests can read and change. */
export interface MemoryVectorStore extends VectorStore {
  /** The collection; undefined before `ensure`. Tests may change its points, as drift. */
  readonly collection: MemoryCollection | undefined;
  /** Calls of the port so far, and points that were changed. */
  readonly cost: { calls: number; upserted: number; payloads: number; deleted: number };
  /** One line for each write, in order: `upsert 2`, `payloads 1`, `delete 3`. */
  readonly journal: string[];
  /** Called before each write; what it throws fails the write, which then does nothing. */
  beforeWrite: ((operation: 'upsert' | 'payloads' | 'delete') => void | Promise<void>) | undefined;
}

export interface MemoryCollection {
  readonly dimensions: number;
  readonly indexes: Record<string, string>;
  readonly points: Map<string, MemoryPoint>;
}

export interface MemoryVectorStoreOptions {
  readonly target?: string;
  /** Points in one page of a scan. @default 3 */
  readonly pageItems?: number;
  /** Items in one write, at most. @default 100 */
  readonly packItems?: number;
  /** All collections by target, which stores may share. @default none but its own */
  readonly collections?: Map<string, MemoryCollection>;
}

/** Points of all corpora in memory. It refuses what Qdrant refuses, as far as the pipeline can see it. */
export function createMemoryVectorStore(options: MemoryVectorStoreOptions = {}): MemoryVectorStore {
  const {
    target = 'memory/points',
    pageItems = 3,
    packItems = 100,
    collections = new Map<string, MemoryCollection>(),
  } = options;
  const cost = { calls: 0, upserted: 0, payloads: 0, deleted: 0 };
  const journal: string[] = [];

  function read({ signal }: CallOptions = {}): MemoryCollection | undefined {
    signal?.throwIfAborted();
    cost.calls += 1;
    return collections.get(target);
  }

  /** The collection for a write, which needs one. */
  function enter(call?: CallOptions): MemoryCollection {
    const found = read(call);
    if (found !== undefined) return found;
    throw new IndexingError({
      code: 'request-refused',
      message: `There is no collection ${target}.`,
      details: { status: 404 },
    });
  }

  function pointsOf(corpus: string, call?: CallOptions): [string, MemoryPoint][] {
    return [...(read(call)?.points ?? [])].filter(([, { payload }]) => corporaOf(payload).has(corpus)).toSorted(byId);
  }

  const store: MemoryVectorStore = {
    target,
    cost,
    journal,
    beforeWrite: undefined,
    get collection() {
      return collections.get(target);
    },
    async describe() {
      return { name: 'Memory', version: '1.0.0' };
    },
    async inspect(call) {
      const found = read(call);
      return found && { dimensions: found.dimensions, distance: 'Cosine', datatype: 'float32' };
    },
    async census(call) {
      const counts = new Map<string, number>();
      let unowned = 0;
      for (const { payload } of read(call)?.points.values() ?? []) {
        const corpora = corporaOf(payload);
        for (const corpus of corpora) counts.set(corpus, (counts.get(corpus) ?? 0) + 1);
        if (corpora.size === 0) unowned += 1;
      }
      const corpora = [...counts].toSorted(byId).map(([corpus, count]) => ({ corpus, count }));
      return { corpora, unowned };
    },
    async ensure({ dimensions, indexes }, call) {
      const found = read(call) ?? { dimensions, indexes: {}, points: new Map<string, MemoryPoint>() };
      if (found.dimensions !== dimensions) {
        throw new IndexingError({
          code: 'model-mismatch',
          message: `${target} has ${found.dimensions} dimensions, and ${dimensions} are needed.`,
          details: { target, found: found.dimensions, expected: dimensions },
        });
      }
      Object.assign(found.indexes, indexes);
      collections.set(target, found);
    },
    count: async (corpus, call) => pointsOf(corpus, call).length,
    async foreignModel(model, call) {
      const models = [...(read(call)?.points.values() ?? [])].map(({ payload }) => payload['model']);
      const foreign = models.find((other) => other !== undefined && other !== null && other !== model);
      return foreign === undefined ? undefined : String(foreign);
    },
    async *scan(corpus, { after = '', ...call } = {}) {
      // The next page starts after the last id, as in the real store: writes in between do not end the scan.
      for (;;) {
        const page = pointsOf(corpus, call)
          .filter(([pointId]) => pointId > after)
          .slice(0, pageItems);
        if (page.length > 0) {
          yield page.map(([pointId, { payload }]): StoredPoint => ({ pointId, payload: structuredClone(payload) }));
        }
        if (page.length < pageItems) return;
        after = page.at(-1)?.[0] as string;
      }
    },
    pack: (items) => packByBytes(items, packItems, () => 1),
    async upsert(points, call) {
      const { dimensions, points: stored } = enter(call);
      await store.beforeWrite?.('upsert');
      for (const { vector } of points) {
        invariant(vector.every(Number.isFinite), 'a vector holds a number that is not finite');
        if (vector.length === dimensions) continue;
        throw new IndexingError({
          code: 'request-refused',
          message: `Expected ${dimensions} dimensions, found ${vector.length}.`,
          details: { status: 400 },
        });
      }
      for (const { pointId, vector, payload } of points) {
        stored.set(pointId, { vector: unit(vector), payload: structuredClone({ ...payload }) });
      }
      cost.upserted += points.length;
      journal.push(`upsert ${points.length}`);
    },
    async overwritePayloads(points, call) {
      const { points: stored } = enter(call);
      await store.beforeWrite?.('payloads');
      for (const { pointId, payload } of points) {
        const point = stored.get(pointId);
        if (point?.payload['embedding_key'] === payload.embedding_key) point.payload = structuredClone({ ...payload });
      }
      cost.payloads += points.length;
      journal.push(`payloads ${points.length}`);
    },
    async delete(pointIds, call) {
      const { points: stored } = enter(call);
      await store.beforeWrite?.('delete');
      for (const pointId of pointIds) if (stored.delete(pointId)) cost.deleted += 1;
      journal.push(`delete ${pointIds.length}`);
    },
    async points(pointIds, call) {
      const stored = read(call)?.points;
      return pointIds.flatMap((pointId) => {
        const point = stored?.get(pointId);
        return point === undefined ? [] : [{ pointId, payload: structuredClone(point.payload) }];
      });
    },
    async vectorsOfKeys(embeddingKeys, call) {
      const found = [...(read(call)?.points.values() ?? [])].map(({ payload, vector }) => ({
        key: String(payload['embedding_key']),
        vector,
      }));
      return new Map(
        found.filter(({ key }) => embeddingKeys.includes(key)).map(({ key, vector }) => [key, vector.slice()]),
      );
    },
    async vectors(pointIds, call) {
      const stored = read(call)?.points;
      return new Map(
        pointIds.flatMap((pointId) => {
          const point = stored?.get(pointId);
          return point === undefined ? [] : [[pointId, point.vector.slice()] as const];
        }),
      );
    },
    async search({ vector, corpus, filter = {}, limit }, call) {
      const query = unit(vector);
      return [...(read(call)?.points ?? [])]
        .filter(([, { payload }]) => corpus === undefined || corporaOf(payload).has(corpus))
        .filter(([, { payload }]) => meetsFilter(payload, filter))
        .map(([pointId, point]): SearchHit => ({
          pointId,
          score: point.vector.reduce((sum, value, at) => sum + value * (query[at] as number), 0),
          payload: structuredClone(point.payload),
        }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, limit);
    },
  };
  return store;
}

/** Whether the payload of a point meets all conditions, as Qdrant understands them. */
function meetsFilter(payload: MemoryPoint['payload'], filter: PayloadFilter): boolean {
  return Object.entries(filter).every(([path, condition]) => {
    const values = path
      .split('.')
      .reduce<JsonValue[]>(
        (found, key) => found.flatMap((value) => (isJsonObject(value) ? [value[key] ?? null] : [])),
        [payload],
      );
    return values.flat().some((value) => meetsCondition(value as JsonValue, condition));
  });
}

function meetsCondition(value: JsonValue, condition: FieldCondition): boolean {
  if (Array.isArray(condition)) return condition.includes(value as never);
  if (typeof condition !== 'object') return value === condition;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = condition as NumberRange;
  return typeof value === 'number' && value > gt && value >= gte && value < lt && value <= lte;
}

/** The corpora of a point: one, unless another program wrote a list, something else or nothing. */
function corporaOf(payload: MemoryPoint['payload']): Set<string> {
  return new Set([payload['corpus']].flat().filter((corpus) => typeof corpus === 'string'));
}

function byId([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  return norm === 0 ? vector.slice() : vector.map((value) => value / norm);
}
