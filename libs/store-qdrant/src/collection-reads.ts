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
import { isCollectionMissing } from './to-indexing-error.ts';

export interface CollectionReadsOptions {
  readonly client: QdrantClient;
  readonly collection: string;
  /** Host and collection as messages show them. */
  readonly target: string;
  /** Makes one guarded request. */
  readonly call: <Result>(request: () => Promise<Result>, options?: CallOptions) => Promise<Result>;
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

/** Points in one page; their ids and payload labels are about 500 kB. */
const SCAN_ITEMS = 1000;
/**
 * Most corpora in the answer to a facet. Not more than `SCAN_ITEMS`, since `max_query_limit` of Qdrant's strict mode
 * limits both: a server that allows scans then allows this facet too.
 */
const FACET_ITEMS = SCAN_ITEMS;

/** Reads one collection. Every read finds nothing when the collection does not exist. */
export function createCollectionReads({
  client,
  collection,
  target,
  call,
  send,
}: CollectionReadsOptions): CollectionReads {
  /** One request, whose result is `nothing` when the collection does not exist. */
  const read = <Result>(request: () => Promise<Result>, nothing: Result, options?: CallOptions): Promise<Result> =>
    call(request, options).catch(orNothing(nothing));

  const find = (options?: CallOptions): Promise<Schemas['CollectionInfo'] | undefined> =>
    read<Schemas['CollectionInfo'] | undefined>(() => client.getCollection(collection), undefined, options);

  async function countWhere(filter: Schemas['Filter'], options?: CallOptions): Promise<number> {
    const { count } = await read(() => client.count(collection, { filter, exact: true }), { count: 0 }, options);
    return count;
  }

  /** Pages of points in the order of their ids. A collection that is deleted between two pages is an error. */
  async function* pages(
    what: Pick<Schemas['ScrollRequest'], 'filter' | 'with_payload'>,
    { after, ...options }: ScanOptions = {},
  ): AsyncGenerator<Schemas['Record'][]> {
    const scroll = (offset?: Schemas['ExtendedPointId']): Promise<Schemas['ScrollResult']> => {
      const body = JSON.stringify({ ...what, limit: SCAN_ITEMS, with_vector: false, offset });
      return send({ method: 'POST', path: '/points/scroll', body }, (page) => page as Schemas['ScrollResult'], options);
    };
    let page = await scroll(after).catch(orNothing<Schemas['ScrollResult']>({ points: [] }));
    for (;;) {
      // A page begins with the point of its offset itself.
      const points = page.points[0]?.id === after ? page.points.slice(1) : page.points;
      if (points.length > 0) yield points;
      const offset = page.next_page_offset ?? undefined;
      if (offset === undefined) return;
      page = await scroll(offset as Schemas['ExtendedPointId']);
    }
  }

  /** The census from the index of the field `corpus`; undefined when there may be more corpora than one answer has. */
  async function countByFacet(options?: CallOptions): Promise<StoreCensus | undefined> {
    const request = { key: 'corpus', limit: FACET_ITEMS, exact: true };
    const { hits } = await read(() => client.facet(collection, request), { hits: [] }, options);
    if (hits.length >= FACET_ITEMS) return undefined;
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
    count: (corpus, options) => countWhere(ofCorpus(corpus), options),
    async foreignModel(model, options) {
      const filter = { must_not: [{ key: 'model', match: { value: model } }, { is_empty: { key: 'model' } }] };
      const request = { filter, limit: 1, with_payload: ['model'], with_vector: false };
      const { points } = await read<Schemas['ScrollResult']>(
        () => client.scroll(collection, request),
        { points: [] },
        options,
      );
      return points[0] === undefined ? undefined : String(points[0].payload?.['model']);
    },
    async *scan(corpus, options) {
      for await (const page of pages({ filter: ofCorpus(corpus), with_payload: true }, options)) {
        const foreign = page.find(isForeign);
        if (foreign !== undefined) throw foreignPoint(corpus, foreign.id, target);
        yield page.map(storedPoint);
      }
    },
    async points(pointIds, options) {
      if (pointIds.length === 0) return [];
      const body = JSON.stringify({ ids: pointIds, with_vector: false, with_payload: true });
      const request = { method: 'POST', path: '/points', body } as const;
      const found = await send(request, (points) => points as Schemas['Record'][], options).catch(orNothing([]));
      return found.map(storedPoint);
    },
    async vectorsOfKeys(embeddingKeys, options) {
      if (embeddingKeys.length === 0) return new Map();
      const filter = { must: [{ key: 'embedding_key', match: { any: embeddingKeys } }] };
      const what = { filter, limit: embeddingKeys.length, with_payload: ['embedding_key'], with_vector: true };
      const request = { method: 'POST', path: '/points/scroll', body: JSON.stringify(what) } as const;
      const { points } = await send(request, (page) => page as Schemas['ScrollResult'], options).catch(
        orNothing<Schemas['ScrollResult']>({ points: [] }),
      );
      return new Map(
        points.flatMap(({ vector, payload }) =>
          // A collection with named vectors is none that this program loads.
          Array.isArray(vector) ? [[String(payload?.['embedding_key']), Float32Array.from(vector as number[])]] : [],
        ),
      );
    },
    async vectors(pointIds, options) {
      const body = JSON.stringify({ ids: pointIds, with_vector: true, with_payload: false });
      const request = { method: 'POST', path: '/points', body } as const;
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
      const { points } = await read(() => client.query(collection, query), { points: [] }, options);
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

function ofCorpus(corpus: string): { must: Schemas['FieldCondition'][] } {
  return { must: [{ key: 'corpus', match: { value: corpus } }] };
}

function storedPoint({ id, payload }: Schemas['Record']): StoredPoint {
  return { pointId: String(id), payload: payloadOf(payload) };
}

function payloadOf(payload: unknown): Readonly<Record<string, JsonValue>> {
  return (payload ?? {}) as Record<string, JsonValue>;
}
