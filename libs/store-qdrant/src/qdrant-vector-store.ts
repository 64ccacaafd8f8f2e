import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import {
  IndexingError,
  type CallOptions,
  type CollectionSpec,
  type JsonValue,
  type SearchHit,
  type StoredPoint,
  type VectorStore,
} from '@lockstep/model';
import type { Guard } from '@lockstep/resilience';
import { plainNumbers, putPoints } from './put-points.ts';
import { statusOf, toIndexingError } from './to-indexing-error.ts';

export interface QdrantVectorStoreOptions {
  /** Address of the service, scheme, port and path as they are. */
  readonly url: URL;
  readonly apiKey?: string;
  readonly collection: string;
  readonly guard: Guard;
  /** How long the client itself waits for a reply, in milliseconds. */
  readonly timeoutMs: number;
  /** Host that is shown and takes part in the store's identity; that of the URL where it is left out. */
  readonly shownHost?: string;
}

/** Points read in one page; ids and payload labels of them are about 500 kB. */
const SCAN_ITEMS = 1000;

/** The points of all corpora in one Qdrant collection, through the official client. */
export function createQdrantVectorStore(options: QdrantVectorStoreOptions): VectorStore {
  const { url, collection, guard } = options;
  const client = new QdrantClient({
    ...clientAddress(url),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
    timeout: options.timeoutMs,
    maxConnections: 25,
    checkCompatibility: false,
  });

  /** One guarded request. The client takes no abort signal, so an aborted call is left behind and not waited for. */
  function call<Result>(request: () => Promise<Result>, { signal }: CallOptions = {}): Promise<Result> {
    return guard.run(
      (inner) =>
        new Promise<Result>((resolve, reject) => {
          inner.addEventListener('abort', () => reject(inner.reason), { once: true });
          request().then(resolve, (error: unknown) => reject(toIndexingError(error, Date.now())));
        }),
      signal === undefined ? {} : { signal },
    );
  }

  async function ensureCollection({ dimensions }: CollectionSpec, options_: CallOptions): Promise<void> {
    const existing = await findCollection(options_);
    if (existing === undefined) {
      try {
        await call(
          () =>
            client.createCollection(collection, { vectors: { size: dimensions, distance: 'Cosine' } }).catch(atOnce),
          options_,
        );
      } catch (error) {
        // Another run created it in the meantime; what it created is checked like any other.
        if (statusOf(error) !== 409) throw error;
        checkVectors(await findCollection(options_), dimensions);
      }
    } else checkVectors(existing, dimensions);
  }

  async function findCollection(options_: CallOptions): Promise<Schemas['CollectionInfo'] | undefined> {
    try {
      return await call(() => client.getCollection(collection), options_);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  function checkVectors(info: Schemas['CollectionInfo'] | undefined, dimensions: number): void {
    const vectors = info?.config.params.vectors;
    const size = vectors !== undefined && 'size' in vectors ? vectors.size : undefined;
    const distance = vectors !== undefined && 'distance' in vectors ? vectors.distance : undefined;
    if (size === dimensions && distance === 'Cosine') return;
    const found = size === undefined ? 'named vectors' : `${String(size)} dimensions with ${String(distance)}`;
    throw new IndexingError({
      code: 'model-mismatch',
      message: `The collection at ${target} has ${found}, and this corpus needs ${dimensions} dimensions with Cosine.`,
      details: { target, found, expected: dimensions },
    });
  }

  const target = `${options.shownHost ?? url.host}/${collection}`;

  return {
    target,
    async describe(options_) {
      const { title, version } = await call(() => client.versionInfo(), options_);
      return { name: title, version };
    },
    async ensure(spec, options_ = {}) {
      await ensureCollection(spec, options_);
      const { payload_schema: present } = await call(() => client.getCollection(collection), options_);
      for (const [field_name, field_schema] of Object.entries(spec.indexes)) {
        if (present[field_name] !== undefined) continue;
        await call(() => client.createPayloadIndex(collection, { field_name, field_schema, wait: true }), options_);
      }
    },
    async count(corpus, options_) {
      const { count } = await call(() => client.count(collection, { filter: ofCorpus(corpus), exact: true }), options_);
      return count;
    },
    async foreignModel(model, options_) {
      const filter = { must_not: [{ key: 'model', match: { value: model } }, { is_empty: { key: 'model' } }] };
      const { points } = await call(
        () => client.scroll(collection, { filter, limit: 1, with_payload: ['model'], with_vector: false }),
        options_,
      );
      return points[0] === undefined ? undefined : String(points[0].payload?.['model']);
    },
    async *scan(corpus, options_) {
      let offset: Schemas['ExtendedPointId'] | undefined;
      do {
        const page = await call(
          () =>
            client.scroll(collection, {
              filter: ofCorpus(corpus),
              limit: SCAN_ITEMS,
              with_payload: true,
              with_vector: false,
              ...(offset === undefined ? {} : { offset }),
            }),
          options_,
        );
        yield page.points.map(storedPoint);
        offset =
          page.next_page_offset === null
            ? undefined
            : (page.next_page_offset as Schemas['ExtendedPointId'] | undefined);
      } while (offset !== undefined);
    },
    async upsert(points, options_ = {}) {
      const answer = await guard.run(async (signal) => {
        try {
          return await putPoints(points, {
            url,
            apiKey: options.apiKey,
            collection,
            signal,
            timeoutMs: options.timeoutMs,
          });
        } catch (error) {
          throw toIndexingError(error, Date.now());
        }
      }, options_);
      completed(answer);
    },
    async overwritePayloads(points, options_) {
      const operations = points.map(({ pointId, payload }) => ({
        overwrite_payload: { payload: { ...payload }, points: [pointId] },
      }));
      const results = await call(() => client.batchUpdate(collection, { wait: true, operations }), options_);
      for (const result of results) completed(result);
    },
    async delete(pointIds, options_) {
      completed(await call(() => client.delete(collection, { wait: true, points: [...pointIds] }), options_));
    },
    async vectors(pointIds, options_) {
      const records = await call(
        () => client.retrieve(collection, { ids: [...pointIds], with_vector: true, with_payload: false }),
        options_,
      );
      return new Map(records.map(({ id, vector }) => [String(id), Float32Array.from(vector as number[])]));
    },
    async search({ vector, corpus, limit }, options_) {
      const query = {
        query: plainNumbers(vector),
        limit,
        with_payload: true,
        ...(corpus === undefined ? {} : { filter: ofCorpus(corpus) }),
      };
      const { points } = await call(() => client.query(collection, query), options_).catch((error: unknown) => {
        if (statusOf(error) === 404) return NO_POINTS;
        throw error;
      });
      return points.map(({ id, score, payload }): SearchHit => ({
        pointId: String(id),
        score,
        payload: payloadOf(payload),
      }));
    },
  };
}

/** What a search finds in a collection that does not exist yet. */
const NO_POINTS: Schemas['QueryResponse'] = { points: [] };

function ofCorpus(corpus: string): Schemas['Filter'] {
  return { must: [{ key: 'corpus', match: { value: corpus } }] };
}

function storedPoint({ id, payload }: Schemas['Record']): StoredPoint {
  return { pointId: String(id), payload: payloadOf(payload) };
}

function payloadOf(payload: unknown): Readonly<Record<string, JsonValue>> {
  return (payload ?? {}) as Record<string, JsonValue>;
}

/** A conflict means that the collection is there by now; trying again would not change that. */
function atOnce(error: unknown): never {
  if (statusOf(error) !== 409) throw error;
  throw new IndexingError({
    code: 'request-refused',
    message: 'The collection exists already.',
    details: { status: 409 },
  });
}

/** A write counts only when it is applied; with `wait` anything else is an answer that should not come. */
function completed(result: { readonly status: string }): void {
  if (result.status === 'completed') return;
  throw new IndexingError({
    code: 'response-invalid',
    message: `Expected Qdrant to complete a write before it answers, found status ${result.status}.`,
  });
}

/** The client drops a path and changes ports unless it is given them apart. */
function clientAddress(url: URL): { url: string; port: number | null; prefix?: string } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const prefix = url.pathname.replace(/\/+$/, '');
  return { url: `${url.protocol}//${url.hostname}`, port, ...(prefix === '' ? {} : { prefix }) };
}
