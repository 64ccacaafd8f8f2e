import { IndexingError } from '@lockstep/model';
import { isPage, pageInsteadOfJson } from '@lockstep/resilience';
import { statusError, type ErrorContext } from './to-indexing-error.ts';

/** One request to a collection. */
export interface QdrantRequest {
  /** Name of the operation in Qdrant's API, such as `upsert_points`. */
  readonly operation: string;
  readonly method: 'POST' | 'PUT';
  /** Below the collection, such as `/points/scroll`. */
  readonly path: string;
  /** Text of a JSON object. */
  readonly body: string;
}

/** Where and how requests are sent. */
export interface QdrantAddress extends ErrorContext {
  /** Address of the service, with its path. */
  readonly url: URL;
  readonly apiKey?: string;
  readonly collection: string;
  /** How long to wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends a request of our own and returns the result in its answer. The official client writes and reads JSON with a
 * function that is called for every value, which costs more than all the rest (docs/decisions/0006), and it takes no
 * abort signal.
 */
export async function sendRequest(
  { method, path, body }: QdrantRequest,
  { url, apiKey, collection, redactor, server, timeoutMs }: QdrantAddress,
  signal: AbortSignal,
): Promise<unknown> {
  const base = url.pathname.replace(/\/+$/, '');
  const response = await fetch(new URL(`${base}/collections/${encodeURIComponent(collection)}${path}`, url), {
    method,
    headers: { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { 'api-key': apiKey }) },
    body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (!response.ok) {
    // The kind of a 404 is in its body. Reading a body that is cut fails, and the request is tried again.
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const data: unknown = isJson ? await response.json() : await response.body?.cancel();
    throw statusError({ status: response.status, headers: response.headers, data }, { redactor, server }, Date.now());
  }
  if (response.status !== 200 || response.headers.get('content-type')?.includes('json') !== true) {
    await response.body?.cancel();
    if (isPage(response.headers)) throw pageInsteadOfJson('Qdrant', server);
    throw new IndexingError({
      code: 'response-invalid',
      disposition: 'retry',
      message: `Expected Qdrant to answer with status 200 and JSON, found ${response.status}; the answer may come from a proxy.`,
    });
  }
  const reply = (await response.json()) as { readonly result?: unknown } | null;
  if (reply?.result === undefined || reply.result === null) {
    throw new IndexingError({
      code: 'response-invalid',
      disposition: 'retry',
      message: 'Qdrant gave an answer without a result; it may come from a proxy.',
    });
  }
  return reply.result;
}
