import { QdrantClient } from '@qdrant/js-client-rest';
import {
  IndexingError,
  createVendorTextRedactor,
  type CallOptions,
  type CollectionFacts,
  type CollectionSpec,
  type VectorStore,
} from '@lockstep/model';
import type { Guard } from '@lockstep/resilience';
import { deletePoints, overwritePayloads } from './change-points.ts';
import { createCollectionReads } from './collection-reads.ts';
import { packPoints } from './pack-points.ts';
import { putPoints } from './put-points.ts';
import { sendRequest, type QdrantRequest } from './qdrant-request.ts';
import { refuseRedirects } from './refuse-redirects.ts';
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

/** The points of all corpora in one Qdrant collection, through the official client. */
export function createQdrantVectorStore(options: QdrantVectorStoreOptions): VectorStore {
  const { url, collection, guard } = options;
  const client = refuseRedirects(
    new QdrantClient({
      ...clientAddress(url),
      ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
      timeout: options.timeoutMs,
      maxConnections: 25,
      checkCompatibility: false,
    }),
  );
  const redactor = createVendorTextRedactor(options.apiKey === undefined ? [] : [options.apiKey]);

  /** One guarded request. The client takes no abort signal, so an aborted call is left behind and not waited for. */
  function call<Result>(request: () => Promise<Result>, { signal }: CallOptions = {}): Promise<Result> {
    return guard.run(
      (inner) =>
        new Promise<Result>((resolve, reject) => {
          inner.addEventListener('abort', () => reject(inner.reason), { once: true });
          request().then(resolve, (error: unknown) => reject(toIndexingError(error, redactor, Date.now())));
        }),
      { signal },
    );
  }

  /** One guarded request of our own. What `read` throws at its result is a failure of the request. */
  function send<Result>(
    request: QdrantRequest,
    read: (result: unknown) => Result,
    options_: CallOptions = {},
  ): Promise<Result> {
    return guard.run(async (signal) => {
      try {
        return read(await sendRequest(request, { ...options, redactor }, signal));
      } catch (error) {
        throw toIndexingError(error, redactor, Date.now());
      }
    }, options_);
  }

  const reads = createCollectionReads({ client, collection, call, send });

  async function ensureCollection({ dimensions }: CollectionSpec, options_: CallOptions): Promise<void> {
    const existing = await reads.inspect(options_);
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
        checkFacts(await reads.inspect(options_), dimensions);
      }
    } else checkFacts(existing, dimensions);
  }

  function checkFacts(facts: CollectionFacts | undefined, dimensions: number): void {
    if (facts?.dimensions === dimensions && facts.distance === 'Cosine') return;
    const found =
      facts?.dimensions === undefined
        ? 'named, sparse or multiple vectors'
        : `${facts.dimensions} dimensions with ${String(facts.distance)}`;
    throw new IndexingError({
      code: 'model-mismatch',
      message: `The collection at ${target} has ${found}, and this corpus needs ${dimensions} dimensions with Cosine.`,
      details: { target, found, expected: dimensions },
    });
  }

  /** A write counts only when it is applied; with `wait` anything else should not come. Writing it again is safe. */
  function completed(result: unknown): void {
    const { status } = result as { readonly status?: unknown };
    if (status === 'completed') return;
    throw new IndexingError({
      code: 'response-invalid',
      disposition: 'retry',
      message: `Expected Qdrant to complete a write before it answers, found ${redactor.name(status) ?? 'another status'}.`,
    });
  }

  // Behind one host there may be several services, each at its path.
  const target = `${options.shownHost ?? `${url.host}${url.pathname.replace(/\/+$/, '')}`}/${collection}`;

  return {
    ...reads,
    target,
    async describe(options_) {
      const { title, version } = await call(() => client.versionInfo(), options_);
      return {
        name: redactor.sentence(title) ?? 'a service without a name',
        version: redactor.sentence(version) ?? 'unknown',
      };
    },
    async ensure(spec, options_ = {}) {
      await ensureCollection(spec, options_);
      const { payload_schema: present } = await call(() => client.getCollection(collection), options_);
      for (const [field_name, field_schema] of Object.entries(spec.indexes)) {
        if (present[field_name] !== undefined) continue;
        await call(() => client.createPayloadIndex(collection, { field_name, field_schema, wait: true }), options_);
      }
    },
    pack: packPoints,
    upsert: async (points, options_) => send(putPoints(points), completed, options_),
    overwritePayloads: async (points, options_) =>
      send(
        overwritePayloads(points),
        (results) => {
          for (const result of results as readonly unknown[]) completed(result);
        },
        options_,
      ),
    delete: async (pointIds, options_) => send(deletePoints(pointIds), completed, options_),
  };
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

/** The client drops a path and changes ports unless it is given them apart. */
function clientAddress(url: URL): { url: string; port: number | null; prefix?: string } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const prefix = url.pathname.replace(/\/+$/, '');
  return { url: `${url.protocol}//${url.hostname}`, port, ...(prefix === '' ? {} : { prefix }) };
}
