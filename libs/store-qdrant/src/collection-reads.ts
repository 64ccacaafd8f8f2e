import type { QdrantClient, Schemas } from '@qdrant/js-client-rest';
import {
  IndexingError,
  type CallOptions,
  type JsonValue,
  type ScanOptions,
  type SearchHit,
  type StoreCensus,
  type StoredPoint,
  type VectorStore,
} from '@lockstep/model';
import { collectionFacts } from './collection-facts.ts';
import { conditionsOf } from './conditions-of.ts';
import { plainNumbers } from './put-points.ts';
import type { QdrantRequest } from './qdrant-request.ts';
import { isIndexMissing, learnFromInfo, learnFromRefusal, type ServerLimits } from './server-limits.ts';
import { isCollectionMissing } from './to-indexing-error.ts';

export interface CollectionReadsOptions {
  readonly client: QdrantClient;
  readonly collection: string;
  /** Host and collection as messages show them. */
  readonly target: string;
  /** What the server allows, as far as it has said; reads learn more of it. */
  readonly limits: ServerLimits;
  /** Makes one guarded request, which is an operation of Qdrant's API. */
  readonly call: <Result>(operation: string, request: () => Promise<Result>, options?: CallOptions) => Promise<Result>;
  /** Makes one guarded request of our own, and returns what `read` makes of its result. */
  readonly send: <Result>(
    request: QdrantRequest,
    read: (result: unknown) => Result,
    options?: CallOptions,
  ) => Promise<Result>;
}

/** The reading half of a `VectorStore`. */
export type CollectionReads = Pick<
  VectorStore,
  'inspect' | 'census' | 'count' | 'foreignModel' | 'scan' | 'points' | 'vectors' | 'vectorsOfKeys' | 'search'
>;

/** Points in one page, unless the server allows fewer; their ids and payload labels are about 500 kB. */
export const SCAN_ITEMS = 1000;

/** Reads one collection. Every read finds nothing when the collection does not exist. */
export function createCollectionReads({
  client,
  collection,
  target,
  limits,
  call,
  send,
}: CollectionReadsOptions): CollectionReads {
  /** One request, whose result is `nothing` when the collection does not exist. */
  const read = <Result>(
    operation: string,
    request: () => Promise<Result>,
    nothing: Result,
    options?: CallOptions,
  ): Promise<Result> => call(operation, request, options).catch(orNothing(nothing));

  async function find(options?: CallOptions): Promise<Schemas['CollectionInfo'] | undefined> {
    const info = await read<Schemas['CollectionInfo'] | undefined>(
      'get_collection',
      () => client.getCollection(collection),
      undefined,
      options,
    );
    if (info !== undefined) learnFromInfo(limits, info);
    return info;
  }

  async function countWhere(filter: Schemas['Filter'], options?: CallOptions): Promise<number> {
    const { count } = await read(
      'count_points',
      () => client.count(collection, { filter, exact: true }),
      { count: 0 },
      options,
    );
    return count;
  }

  /** Asks for as many items as the server allows, and again for fewer where it refuses them. */
  async function sized<Result>(wanted: number, request: (items: number) => Promise<Result>): Promise<Result> {
    const items = Math.min(wanted, limits.pageItems);
    try {
      return await request(items);
    } catch (error) {
      learnFromRefusal(limits, 'pageItems', items, error);
      return sized(wanted, request);
    }
  }

  const scroll = (body: object, options?: CallOptions): Promise<Schemas['ScrollResult']> =>
    send(
      { operation: 'scroll_points', method: 'POST', path: '/points/scroll', body: JSON.stringify(body) },
      (page) => page as Schemas['ScrollResult'],
      options,
    );

  /** Pages of points in the order of their ids. A collection that is deleted between two pages is an error. */
  async function* pages(
    what: Pick<Schemas['ScrollRequest'], 'filter' | 'with_payload'>,
    { after, ...options }: ScanOptions = {},
  ): AsyncGenerator<Schemas['Record'][]> {
    const next = (offset?: Schemas['ExtendedPointId']): Promise<Schemas['ScrollResult']> =>
      sized(SCAN_ITEMS, (limit) => scroll({ ...what, limit, with_vector: false, offset }, options));
    let page = await next(after).catch(orNothing<Schemas['ScrollResult']>({ points: [] }));
    for (;;) {
      // A page begins with the point of its offset itself.
      const points = page.points[0]?.id === after ? page.points.slice(1) : page.points;
      if (points.length > 0) yield points;
      const offset = page.next_page_offset ?? undefined;
      if (offset === undefined) return;
      page = await next(offset as Schemas['ExtendedPointId']);
    }
  }

  /**
   * Pages of the points that meet a filter. Where strict mode refuses it for want of an index, all points are read: a collection that was
   * made by hand has no index before `ensure`.
   */
  async function* pagesWhere(
    { filter, matches, fields }: FilteredRead,
    options?: ScanOptions,
  ): AsyncGenerator<Schemas['Record'][]> {
    try {
      yield* pages({ filter, with_payload: fields }, options);
    } catch (error) {
      if (!isIndexMissing(error)) throw error;
      for await (const page of pages({ with_payload: fields }, options)) {
        const found = page.filter(({ payload }) => matches(payload ?? {}));
        if (found.length > 0) yield found;
      }
    }
  }

  async function countOf(corpus: string, options?: CallOptions): Promise<number> {
    try {
      return await countWhere(ofCorpus(corpus), options);
    } catch (error) {
      if (!isIndexMissing(error)) throw error;
      let count = 0;
      const ofIt = { filter: ofCorpus(corpus), matches: isOfCorpus(corpus), fields: ['corpus'] };
      for await (const page of pagesWhere(ofIt, options)) count += page.length;
      return count;
    }
  }

  /** The census from the index of the field `corpus`; undefined when there may be more corpora than one answer has. */
  async function countByFacet(options?: CallOptions): Promise<StoreCensus | undefined> {
    const { hits, limit } = await sized(SCAN_ITEMS, async (limit) => {
      const request = { key: 'corpus', limit, exact: true };
      return { limit, ...(await read('facet', () => client.facet(collection, request), { hits: [] }, options)) };
    });
    if (hits.length >= limit) return undefined;
    const counts = new Map<string, number>();
    // The index may still contain a corpus whose last point was deleted.
    for (const { value, count } of hits) if (typeof value === 'string' && count > 0) counts.set(value, count);
    // Not the number of all points less these: other runs may write, and a point with a list of corpora counts in each.
    const unowned = await countWhere({ must_not: [{ key: 'corpus', match: { any: [...counts.keys()] } }] }, options);
    return censusOf(counts, unowned);
  }

  /** The census from every point: needs no index, and no filter, which strict mode refuses on a field without one. */
  async function countByScan(options?: CallOptions): Promise<StoreCensus> {
    const counts = new Map<string, number>();
    let unowned = 0;
    for await (const page of pages({ with_payload: ['corpus'] }, options)) {
      for (const { payload } of page) {
        const corpora = new Set([payload?.['corpus']].flat().filter((corpus) => typeof corpus === 'string'));
        for (const corpus of corpora) counts.set(corpus, (counts.get(corpus) ?? 0) + 1);
        if (corpora.size === 0) unowned += 1;
      }
    }
    return censusOf(counts, unowned);
  }

  return {
    async inspect(options) {
      const info = await find(options);
      return info === undefined ? undefined : collectionFacts(info);
    },
    async census(options) {
      const info = await find(options);
      if (info === undefined) return { corpora: [], unowned: 0 };
      const isIndexed = info.payload_schema['corpus']?.data_type === 'keyword';
      return (isIndexed ? await countByFacet(options) : undefined) ?? (await countByScan(options));
    },
    count: countOf,
    async foreignModel(model, options) {
      const filter = { must_not: [{ key: 'model', match: { value: model } }, { is_empty: { key: 'model' } }] };
      const request = { filter, limit: 1, with_payload: ['model'], with_vector: false };
      try {
        const { points } = await read<Schemas['ScrollResult']>(
          'scroll_points',
          () => client.scroll(collection, request),
          { points: [] },
          options,
        );
        return points[0] === undefined ? undefined : String(points[0].payload?.['model']);
      } catch (error) {
        if (!isIndexMissing(error)) throw error;
        for await (const page of pages({ with_payload: ['model'] }, options)) {
          const found = page.map(({ payload }) => payload?.['model']).find((one) => !isEmpty(one) && one !== model);
          if (found !== undefined) return String(found);
        }
        return undefined;
      }
    },
    async *scan(corpus, options) {
      const ofIt = { filter: ofCorpus(corpus), matches: isOfCorpus(corpus), fields: true };
      for await (const page of pagesWhere(ofIt, options)) {
        const foreign = page.find(isForeign);
        if (foreign !== undefined) throw foreignPoint(corpus, foreign.id, target);
        yield page.map(storedPoint);
      }
    },
    async points(pointIds, options) {
      if (pointIds.length === 0) return [];
      const body = JSON.stringify({ ids: pointIds, with_vector: false, with_payload: true });
      const request = { operation: 'get_points', method: 'POST', path: '/points', body } as const;
      const found = await send(request, (points) => points as Schemas['Record'][], options).catch(orNothing([]));
      return found.map(storedPoint);
    },
    async vectorsOfKeys(embeddingKeys, options) {
      const found = new Map<string, Float32Array>();
      for (let rest = embeddingKeys; rest.length > 0;) {
        const page = await sized(rest.length, async (limit) => {
          const filter = { must: [{ key: 'embedding_key', match: { any: rest.slice(0, limit) } }] };
          const { points } = await scroll(
            { filter, limit, with_payload: ['embedding_key'], with_vector: true },
            options,
          );
          return { limit, points };
        }).catch((error) => {
          if (isIndexMissing(error) || isCollectionMissing(error)) return undefined;
          throw error;
        });
        if (page === undefined) break;
        for (const { vector, payload } of page.points) {
          // A collection with named vectors is none that this program loads.
          if (Array.isArray(vector)) {
            found.set(String(payload?.['embedding_key']), Float32Array.from(vector as number[]));
          }
        }
        rest = rest.slice(page.limit);
      }
      return found;
    },
    async vectors(pointIds, options) {
      const body = JSON.stringify({ ids: pointIds, with_vector: true, with_payload: false });
      const request = { operation: 'get_points', method: 'POST', path: '/points', body } as const;
      const found = await send(request, (points) => points as Schemas['Record'][], options).catch(orNothing([]));
      return new Map(found.map(({ id, vector }) => [String(id), Float32Array.from(vector as number[])]));
    },
    async search({ vector, corpus, filter = {}, limit }, options) {
      const must = [...(corpus === undefined ? [] : ofCorpus(corpus).must), ...conditionsOf(filter)];
      const query = {
        query: plainNumbers(vector),
        limit,
        with_payload: true,
        ...(must.length === 0 ? {} : { filter: { must } }),
      };
      const { points } = await read('query_points', () => client.query(collection, query), { points: [] }, options);
      return points.map(({ id, score, payload }): SearchHit => ({
        pointId: String(id),
        score,
        payload: payloadOf(payload),
      }));
    },
  };
}

/** Fields of the payload of every point of ours. */
const OWN_LABELS = ['chunk_id', 'content_hash', 'embedding_key', 'projection'];

/** An id that is a UUID of version 5, as those of all our points are. */
const OWN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-5/;

/** Whether no load can have written a point: its id is a number, or it has neither an id nor a label of ours. */
function isForeign({ id, payload }: Schemas['Record']): boolean {
  if (typeof id !== 'string') return true;
  return !OWN_ID.test(id) && !OWN_LABELS.some((label) => payload?.[label] !== undefined);
}

function foreignPoint(corpus: string, id: unknown, target: string): IndexingError {
  return new IndexingError({
    code: 'config-invalid',
    message:
      `${target} has points with the corpus "${corpus}" that were not made by this program, such as ${String(id)}. ` +
      'Name another collection in "collection" of corpus.json or with --collection, or give the corpus another name.',
    details: { target },
  });
}

/** Handles a failed read: returns `nothing` when the collection does not exist, and throws any other error again. */
function orNothing<Nothing>(nothing: Nothing): (error: unknown) => Nothing {
  return (error) => {
    if (isCollectionMissing(error)) return nothing;
    throw error;
  };
}

function censusOf(counts: ReadonlyMap<string, number>, unowned: number): StoreCensus {
  const corpora = [...counts].map(([corpus, count]) => ({ corpus, count }));
  return { corpora: corpora.toSorted((a, b) => (a.corpus < b.corpus ? -1 : 1)), unowned };
}

/** A filter of the server, and the same check here. */
interface FilteredRead {
  readonly filter: Schemas['Filter'];
  readonly matches: (payload: Readonly<Record<string, unknown>>) => boolean;
  /** Parts of the payload that are read: all with true. */
  readonly fields: boolean | string[];
}

/** Whether a field counts as empty in Qdrant: absent, null or an empty list. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** A list of corpora counts as each of them, as in Qdrant. */
function isOfCorpus(corpus: string): FilteredRead['matches'] {
  return (payload) => [payload['corpus']].flat().includes(corpus);
}

function ofCorpus(corpus: string): { must: Schemas['FieldCondition'][] } {
  return { must: [{ key: 'corpus', match: { value: corpus } }] };
}

function storedPoint({ id, payload }: Schemas['Record']): StoredPoint {
  return { pointId: String(id), payload: payloadOf(payload) };
}

function payloadOf(payload: unknown): Readonly<Record<string, JsonValue>> {
  return (payload ?? {}) as Record<string, JsonValue>;
}
