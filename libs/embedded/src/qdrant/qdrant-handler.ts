import { engineReason, isDiskFailure } from '../engine-error.ts';
import { changeAliases, listAliases } from './collections/aliases.ts';
import {
  createCollection,
  deleteCollection,
  describeCollection,
  listCollections,
  nextOperation,
  resolveCollection,
  updateCollection,
} from './collections/collections.ts';
import { createIndex } from './collections/payload-index.ts';
import { facetPoints } from './points/facet-points.ts';
import {
  type PointOperation,
  applyOperations,
  readBatch,
  readDelete,
  readOverwritePayload,
  readSetPayload,
  readUpdateVectors,
  readUpsert,
} from './points/point-operations.ts';
import { countMatching, retrievePoints, scrollPoints } from './points/point-reads.ts';
import { QdrantRefusal, notSupported, outOfRange } from './requests/qdrant-refusal.ts';
import { readJsonBody } from './requests/read-json-body.ts';
import { queryPoints } from './search/query-points.ts';
import { VectorSegments } from './search/vector-segments.ts';
import type { QdrantStorage, Transaction } from './storage/qdrant-storage.ts';

/** Options of {@link createQdrantHandler}. */
export interface QdrantHandlerOptions {
  readonly storage: QdrantStorage;
  /**
   * Most points in all collections together. A larger index justifies a server.
   *
   * @default 200_000
   */
  readonly pointsMax?: number;
  /**
   * Most bytes of a request body.
   *
   * @default 32 MiB, `max_request_size_mb` of a real Qdrant
   */
  readonly bodyBytesMax?: number;
  /**
   * Most bytes of memory for vectors that stay between searches; further vectors are read at each search.
   *
   * @default 256 MiB
   */
  readonly searchBytesMax?: number;
}

/** The version of Qdrant whose REST API this server implements in part. */
const QDRANT_VERSION = '1.19.0';
const TITLE = 'Lockstep embedded Qdrant (qdrant-compatible)';
const DEFAULTS = { pointsMax: 200_000, bodyBytesMax: 32 * 2 ** 20, searchBytesMax: 256 * 2 ** 20 };
const JSON_HEADERS = { 'content-type': 'application/json' };

/**
 * A fetch handler that answers like a Qdrant server over one storage.
 *
 * It never throws and ignores no part of a request: it does what the request says, or refuses it with
 * `{"status":{"error":…},"time":0}` and status 501 for unknown endpoints, 400 or 422 for fields, values and query
 * parameters. A write is answered after its transaction is on disk, always with `completed`, whatever `wait` is.
 */
export function createQdrantHandler(options: QdrantHandlerOptions): (request: Request) => Promise<Response> {
  const routes = buildRoutes({ ...DEFAULTS, ...options });
  const bodyBytesMax = options.bodyBytesMax ?? DEFAULTS.bodyBytesMax;
  return async (request) => {
    const started = performance.now();
    try {
      const url = new URL(request.url);
      const { answer, names } = findRoute(routes, request.method, url.pathname);
      checkQuery(url.searchParams);
      const result = await answer({ names, body: () => readJsonBody(request, bodyBytesMax) });
      if (result instanceof Response) return result;
      const seconds = (performance.now() - started) / 1000;
      return new Response(`{"result":${result},"status":"ok","time":${seconds}}`, { headers: JSON_HEADERS });
    } catch (error) {
      if (error instanceof QdrantRefusal) return refusalResponse(error);
      const message = engineReason(error);
      // 507 and not 500, so that no client tries again what a full disk will refuse again.
      const refusal = isDiskFailure(error)
        ? new QdrantRefusal(507, `The embedded Qdrant cannot use its files: ${message}`)
        : new QdrantRefusal(500, `Service internal error: ${message}`);
      return refusalResponse(refusal);
    }
  };
}

/** The answer to a refused request, in the form of a real Qdrant. */
export function refusalResponse(refusal: QdrantRefusal): Response {
  const body = JSON.stringify({ status: { error: refusal.message }, time: 0 });
  return new Response(body, { status: refusal.status, headers: JSON_HEADERS });
}

interface Call {
  /** The parts of the path where the route has `*`, decoded. */
  readonly names: readonly string[];
  body(): Promise<unknown>;
}

/** Returns the JSON text of `result`, or a response of another form. */
type Answer = (call: Call) => Promise<string | Response>;
type Routes = readonly (readonly [method: string, path: readonly string[], answer: Answer])[];

function buildRoutes({ storage, pointsMax, searchBytesMax }: Required<QdrantHandlerOptions>): Routes {
  const segments = new VectorSegments(searchBytesMax);
  const read =
    (work: (tx: Transaction, name: string) => unknown): Answer =>
    ({ names: [name = ''] }) =>
      storage.read((tx) => JSON.stringify(work(tx, name)));
  const readWithBody =
    (work: (tx: Transaction, name: string, body: unknown) => string): Answer =>
    async (call) => {
      const body = await call.body();
      return storage.read((tx) => work(tx, call.names[0] ?? '', body));
    };
  const write =
    (work: (tx: Transaction, name: string, body: unknown) => unknown): Answer =>
    async (call) => {
      const body = await call.body();
      return storage.write((tx) => JSON.stringify(work(tx, call.names[0] ?? '', body)));
    };
  const writePoints =
    (readOperation: (body: unknown) => PointOperation): Answer =>
    async (call) => {
      const operation = readOperation(await call.body());
      const id = await storage.write((tx) => applyOperations(tx, call.names[0] ?? '', [operation], pointsMax));
      return updateResult(id);
    };
  const routes: readonly (readonly [string, Answer])[] = [
    ['GET /', () => Promise.resolve(Response.json({ title: TITLE, version: QDRANT_VERSION }))],

    ['GET /collections', read(listCollections)],
    ['GET /collections/*', read(describeCollection)],
    ['PUT /collections/*', write(createCollection)],
    ['PATCH /collections/*', write(updateCollection)],
    ['DELETE /collections/*', ({ names: [name = ''] }) => storage.write((tx) => String(deleteCollection(tx, name)))],
    ['PUT /collections/*/index', write(putIndex)],

    ['POST /collections/aliases', write((tx, _name, body) => changeAliases(tx, body))],
    ['GET /aliases', read((tx) => listAliases(tx))],
    ['GET /collections/*/aliases', read(listAliases)],

    ['POST /collections/*/points', readWithBody(retrievePoints)],
    ['POST /collections/*/points/scroll', readWithBody(scrollPoints)],
    ['POST /collections/*/points/count', readWithBody(countMatching)],
    ['POST /collections/*/facet', readWithBody(facetPoints)],
    ['POST /collections/*/points/query', readWithBody((tx, name, body) => queryPoints(tx, segments, name, body))],

    ['PUT /collections/*/points', writePoints(readUpsert)],
    ['POST /collections/*/points/delete', writePoints(readDelete)],
    ['POST /collections/*/points/payload', writePoints(readSetPayload)],
    ['PUT /collections/*/points/payload', writePoints(readOverwritePayload)],
    ['PUT /collections/*/points/vectors', writePoints(readUpdateVectors)],
    [
      'POST /collections/*/points/batch',
      async ({ names: [name = ''], body }) => {
        const operations = readBatch(await body());
        const id = await storage.write((tx) => applyOperations(tx, name, operations, pointsMax));
        return `[${operations.map(() => updateResult(id)).join(',')}]`;
      },
    ],
  ];
  return routes.map(([route, answer]) => {
    const [method = '', path = ''] = route.split(' ');
    return [method, path.split('/'), answer];
  });
}

function updateResult(operation: number): string {
  return JSON.stringify({ operation_id: operation, status: 'completed' });
}

function putIndex(tx: Transaction, name: string, body: unknown): unknown {
  const collection = resolveCollection(tx, name);
  createIndex(tx, collection.id, body);
  return { operation_id: nextOperation(tx, collection), status: 'completed' };
}

function findRoute(routes: Routes, method: string, pathname: string): { answer: Answer; names: string[] } {
  const parts = pathname.split('/');
  for (const [routeMethod, path, answer] of routes) {
    if (routeMethod !== method || path.length !== parts.length) continue;
    if (!path.every((part, index) => (part === '*' ? parts[index] !== '' : part === parts[index]))) continue;
    return { answer, names: parts.filter((_, index) => path[index] === '*').map(decodePart) };
  }
  throw new QdrantRefusal(501, `Not supported by the embedded Qdrant: the endpoint ${method} ${pathname}`);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw outOfRange('path parameters', `${part} is not valid percent-encoding`);
  }
}

/** Refuses every query parameter but `wait`, which has no effect: a write is always completed before its answer. */
function checkQuery(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    if (name !== 'wait') throw notSupported(`the query parameter ${name}`);
    if (!/^(true|false)$/.test(value)) throw outOfRange('query parameters', `wait: value ${value} invalid`);
  }
}
