import { QdrantClient } from '@qdrant/js-client-rest';
import {
  IndexingError,
  createVendorTextRedactor,
  type CallOptions,
  type CollectionFacts,
  type CollectionSpec,
  type VectorStore,
} from '@lockstep/model';
import { shownServer, type Guard } from '@lockstep/resilience';
import { checkedClient } from './checked-client.ts';
import { deletePoints, overwritePayloads } from './change-points.ts';
import { createCollectionReads, SCAN_ITEMS } from './collection-reads.ts';
import { packPoints } from './pack-points.ts';
import { putPoints } from './put-points.ts';
import { sendRequest, type QdrantRequest } from './qdrant-request.ts';
import { learnFromInfo, learnFromRefusal, partsOf, type ServerLimits } from './server-limits.ts';
import { statusOf, toIndexingError } from './to-indexing-error.ts';

export interface QdrantVectorStoreOptions {
  /** Address of the service; scheme, port and path are used as given. */
  readonly url: URL;
  readonly apiKey?: string;
  readonly collection: string;
  readonly guard: Guard;
  /** How long one request waits for its answer, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Host as shown to users; part of the store's identity.
   *
   * @default host and path of the URL
   */
  readonly shownHost?: string;
}

/** The points of all corpora in one Qdrant collection, through the official client. */
export function createQdrantVectorStore(options: QdrantVectorStoreOptions): VectorStore {
  const { url, collection, guard } = options;
  const server = shownServer(url);
  const client = checkedClient(
    new QdrantClient({
      ...clientAddress(url),
      // As a header, since the option prints a warning for plain http, which is allowed on this machine alone.
      ...(options.apiKey === undefined ? {} : { headers: { 'api-key': options.apiKey } }),
      timeout: options.timeoutMs,
      maxConnections: 25,
      checkCompatibility: false,
    }),
    server,
  );
  const redactor = createVendorTextRedactor(options.apiKey === undefined ? [] : [options.apiKey]);

  const callOf = (operation: string) =>
    ({ kind: 'database', facts: { database: 'qdrant', operation, collection } }) as const;

  /** One guarded request. The client takes no abort signal, so an aborted call is only no longer waited for. */
  function call<Result>(
    operation: string,
    request: () => Promise<Result>,
    { signal }: CallOptions = {},
  ): Promise<Result> {
    return guard.run(
      (inner) =>
        new Promise<Result>((resolve, reject) => {
          inner.addEventListener('abort', () => reject(inner.reason), { once: true });
          request().then(resolve, (error: unknown) => reject(toIndexingError(error, { redactor, server }, Date.now())));
        }),
      { signal, call: callOf(operation) },
    );
  }

  /** One guarded request of our own. An error that `read` throws for its result is a failure of the request. */
  function send<Result>(
    request: QdrantRequest,
    read: (result: unknown) => Result,
    options_: CallOptions = {},
  ): Promise<Result> {
    return guard.run(
      async (signal) => {
        try {
          return read(await sendRequest(request, { ...options, redactor, server }, signal));
        } catch (error) {
          throw toIndexingError(error, { redactor, server }, Date.now());
        }
      },
      { ...options_, call: callOf(request.operation) },
    );
  }

  // One host may serve several services, each under its path.
  const target = `${options.shownHost ?? `${url.host}${url.pathname.replace(/\/+$/, '')}`}/${collection}`;
  const limits: ServerLimits = { pageItems: SCAN_ITEMS, writeItems: Infinity };
  const reads = createCollectionReads({ client, collection, target, limits, call, send });

  /** Writes items by one request, or by several where the server says that one is too large. */
  async function write<Item>(
    items: readonly Item[],
    requestOf: (part: readonly Item[]) => QdrantRequest,
    check: (result: unknown) => void,
    options_?: CallOptions,
  ): Promise<void> {
    for (const part of partsOf(items, limits.writeItems)) {
      try {
        await send(requestOf(part), check, options_);
      } catch (error) {
        learnFromRefusal(limits, 'writeItems', part.length, error);
        await write(part, requestOf, check, options_);
      }
    }
  }

  async function ensureCollection({ dimensions }: CollectionSpec, options_: CallOptions): Promise<void> {
    const existing = await reads.inspect(options_);
    if (existing === undefined) {
      try {
        await call(
          'create_collection',
          () =>
            client
              .createCollection(collection, { vectors: { size: dimensions, distance: 'Cosine' } })
              .catch(failOnConflict),
          options_,
        );
      } catch (error) {
        // Another run created the collection in the meantime, so it is checked like one that was there before.
        if (statusOf(error) !== 409) throw error;
        checkFacts(await reads.inspect(options_), dimensions);
      }
    } else checkFacts(existing, dimensions);
  }

  function checkFacts(facts: CollectionFacts | undefined, dimensions: number): void {
    const { datatype } = facts ?? {};
    if (facts?.dimensions === dimensions && facts.distance === 'Cosine' && datatype !== 'uint8') return;
    const found =
      facts?.dimensions === undefined
        ? 'named, sparse or multiple vectors'
        : `${facts.dimensions} dimensions${datatype === 'uint8' ? ' of uint8' : ''} with ${String(facts.distance)}`;
    throw new IndexingError({
      code: 'model-mismatch',
      message: `The collection at ${target} has ${found}, and this corpus needs ${dimensions} dimensions with Cosine.`,
      details: { target, found, expected: dimensions },
    });
  }

  /** Fails unless the write was applied; with `wait=true` Qdrant should report nothing else. Repeating it is safe. */
  function completed(result: unknown): void {
    const { status } = result as { readonly status?: unknown };
    if (status === 'completed') return;
    throw new IndexingError({
      code: 'response-invalid',
      disposition: 'retry',
      message: `Expected Qdrant to complete a write before it answers, found ${redactor.name(status) ?? 'another status'}.`,
    });
  }

  return {
    ...reads,
    target,
    async describe(options_) {
      const { title, version } = await call('get_version', () => client.versionInfo(), options_);
      const name = redactor.sentence(title);
      if (name === undefined) {
        throw new IndexingError({
          code: 'response-invalid',
          message: `Expected Qdrant's name and version from ${server}, found another answer; it may be of another server.`,
        });
      }
      // The name and the version are told to everyone; the collection needs the key.
      await reads.inspect(options_);
      return { name, version: redactor.sentence(version) ?? 'unknown' };
    },
    async ensure(spec, options_ = {}) {
      await ensureCollection(spec, options_);
      const info = await call('get_collection', () => client.getCollection(collection), options_);
      learnFromInfo(limits, info);
      const { payload_schema: present } = info;
      for (const [field_name, field_schema] of Object.entries(spec.indexes)) {
        if (present[field_name] !== undefined) continue;
        const spec_ = { field_name, field_schema, wait: true };
        await call('create_field_index', () => client.createPayloadIndex(collection, spec_), options_);
      }
    },
    pack: (items) => packPoints(items).flatMap((part) => partsOf(part, limits.writeItems)),
    upsert: (points, options_) => write(points, putPoints, completed, options_),
    overwritePayloads: (points, options_) =>
      write(
        points,
        overwritePayloads,
        (results) => {
          for (const result of results as readonly unknown[]) completed(result);
        },
        options_,
      ),
    delete: (pointIds, options_) => write(pointIds, deletePoints, completed, options_),
  };
}

/** Makes a conflict (409) final: the collection exists by now, and trying again would not change that. */
function failOnConflict(error: unknown): never {
  if (statusOf(error) !== 409) throw error;
  throw new IndexingError({
    code: 'request-refused',
    message: 'The collection exists already.',
    details: { status: 409 },
  });
}

/** Port and path as options of their own: the client drops the path of a URL, and changes its default port. */
function clientAddress(url: URL): { url: string; port: number | null; prefix?: string } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const prefix = url.pathname.replace(/\/+$/, '');
  return { url: `${url.protocol}//${url.hostname}`, port, ...(prefix === '' ? {} : { prefix }) };
}
