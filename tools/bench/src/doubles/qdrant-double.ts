import { unknownRequest, type DoubleReply, type DoubleRequest } from './serve.ts';
import { createSortedMap, type SortedMap } from './sorted-map.ts';

type Payload = Record<string, unknown>;

interface StoredPoint {
  readonly id: string;
  readonly payload: Payload;
}

interface Collection {
  readonly vectors: { readonly size: number; readonly distance: string };
  readonly indexes: Record<string, unknown>;
  readonly points: SortedMap<StoredPoint>;
}

/**
 * Answers the requests that loading and verifying make of Qdrant. It keeps ids and payloads, so that counts and scrolls
 * are true, and throws the vectors away unread. A request or filter that it does not know is an error.
 */
export function createQdrantDouble(): (request: DoubleRequest) => DoubleReply {
  const collections = new Map<string, Collection>();

  return ({ method, path, body }) => {
    const [, name, action = ''] = /^\/collections\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    if (name === undefined) throw unknownRequest(`${method} ${path}`);
    const collection = collections.get(name);
    const json = (): Record<string, unknown> => JSON.parse(withoutVectors(body)) as Record<string, unknown>;
    if (method === 'PUT' && action === '') {
      const { vectors } = json();
      collections.set(name, {
        vectors: vectors as Collection['vectors'],
        indexes: {},
        points: createSortedMap(),
      });
      return ok(true);
    }
    if (collection === undefined) {
      return { status: 404, json: JSON.stringify({ status: { error: `Not found: Collection ${name}` }, time: 0 }) };
    }
    switch (`${method} ${action}`) {
      case 'GET ':
        return ok({ config: { params: { vectors: collection.vectors } }, payload_schema: collection.indexes });
      case 'PUT /index': {
        const { field_name: field, field_schema: type } = json();
        collection.indexes[String(field)] = { data_type: type };
        return completed();
      }
      case 'POST /points/count':
        return ok({ count: Array.from(matching(collection, json()['filter'])).length });
      case 'POST /points/scroll':
        return ok(scroll(collection, json()));
      case 'PUT /points': {
        const points = json()['points'] as StoredPoint[];
        for (const point of points) collection.points.set(point.id, point);
        return { ...completed(), written: points.length };
      }
      case 'POST /points/delete': {
        const ids = json()['points'] as string[];
        for (const id of ids) collection.points.delete(id);
        return { ...completed(), written: ids.length };
      }
      case 'POST /points/batch': {
        const operations = json()['operations'] as { overwrite_payload?: { payload: Payload; filter: unknown } }[];
        for (const { overwrite_payload: write } of operations) {
          if (write === undefined) throw unknownRequest(body.toString());
          const { id, embeddingKey } = oneVersion(write.filter);
          if (collection.points.get(id)?.payload['embedding_key'] !== embeddingKey) continue;
          collection.points.set(id, { id, payload: write.payload });
        }
        const results = operations.map(() => ({ operation_id: 1, status: 'completed' }));
        return { ...ok(results), written: operations.length };
      }
      default:
        throw unknownRequest(`${method} ${path}`);
    }
  };
}

function scroll(collection: Collection, query: Record<string, unknown>): unknown {
  const { filter, limit, offset } = query;
  const points: { id: string; payload: Payload }[] = [];
  for (const point of matching(collection, filter, offset as string | undefined)) {
    if (points.length === limit) return { points, next_page_offset: point.id };
    points.push(point);
  }
  return { points, next_page_offset: null };
}

function* matching(collection: Collection, filter: unknown, first?: string): Generator<StoredPoint> {
  const matches = matcherOf(filter);
  for (const point of collection.points.values(first)) {
    if (matches(point.payload)) yield point;
  }
}

/** The filter of a write: the point of an id, if it holds the vector of a text. */
function oneVersion(filter: unknown): { id: string; embeddingKey: string } {
  const text = JSON.stringify(filter);
  const found = /^\{"must":\[\{"has_id":\["([^"]+)"\]\},\{"key":"embedding_key","match":\{"value":"([^"]+)"\}\}\]\}$/;
  const [, id, embeddingKey] = found.exec(text) ?? [];
  if (id === undefined || embeddingKey === undefined) throw unknownRequest(`the filter ${text}`);
  return { id, embeddingKey };
}

/** The two filters of reads: points of a corpus, and points of another model than one. */
function matcherOf(filter: unknown): (payload: Payload) => boolean {
  const text = JSON.stringify(filter);
  const corpus = /^\{"must":\[\{"key":"corpus","match":\{"value":("[^"]*")\}\}\]\}$/.exec(text)?.[1];
  if (corpus !== undefined) {
    const wanted: unknown = JSON.parse(corpus);
    return (payload) => payload['corpus'] === wanted;
  }
  const model = /^\{"must_not":\[\{"key":"model","match":\{"value":("[^"]*")\}\},/.exec(text)?.[1];
  if (model === undefined) throw unknownRequest(`the filter ${text}`);
  const excluded: unknown = JSON.parse(model);
  return (payload) => payload['model'] !== undefined && payload['model'] !== excluded;
}

const VECTOR_START = '"vector":[';

/** The body without the vectors in it, of which there are megabytes. */
function withoutVectors(body: Buffer): string {
  const parts: string[] = [];
  let from = 0;
  for (let start = body.indexOf(VECTOR_START); start >= 0; start = body.indexOf(VECTOR_START, from)) {
    parts.push(body.toString('utf8', from, start), '"vector":[');
    from = body.indexOf(']', start);
  }
  parts.push(body.toString('utf8', from));
  return parts.join('');
}

function ok(result: unknown): DoubleReply {
  return { json: JSON.stringify({ result, status: 'ok', time: 0 }) };
}

function completed(): DoubleReply {
  return ok({ operation_id: 1, status: 'completed' });
}
