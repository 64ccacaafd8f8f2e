import { IndexingError, invariant, type Point, type VendorWords } from '@lockstep/model';
import { statusError } from './to-indexing-error.ts';

export interface PutPointsOptions {
  /** Address of the service, with its path. */
  readonly url: URL;
  readonly apiKey: string | undefined;
  /** What may be said again of an answer. */
  readonly words: VendorWords;
  readonly collection: string;
  readonly signal: AbortSignal;
  /** How long to wait for the answer, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Upserts points by one request of our own. The official client would do, but it serialises vectors with a replacer that
 * is called for every number, which costs more than all the rest of a load (docs/decisions/0006).
 */
export async function putPoints(
  points: readonly Point[],
  { url, apiKey, words, collection, signal, timeoutMs }: PutPointsOptions,
): Promise<{ readonly status: string }> {
  const body = JSON.stringify({
    points: points.map(({ pointId, vector, payload }) => ({ id: pointId, vector: plainNumbers(vector), payload })),
  });
  const path = `${url.pathname.replace(/\/+$/, '')}/collections/${encodeURIComponent(collection)}/points?wait=true`;
  const response = await fetch(new URL(path, url), {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { 'api-key': apiKey }) },
    body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (!response.ok) {
    const data: unknown = await response.json().catch(() => undefined);
    throw statusError({ status: response.status, headers: response.headers, data }, words, Date.now());
  }
  if (response.status !== 200 || response.headers.get('content-type')?.includes('json') !== true) {
    await response.body?.cancel();
    throw new IndexingError({
      code: 'response-invalid',
      disposition: 'retry',
      message: `Expected Qdrant to answer with status 200 and JSON, found ${response.status} (a page of a proxy?).`,
    });
  }
  const reply = (await response.json()) as { readonly result?: { readonly status?: unknown } } | null;
  return { status: String(reply?.result?.status ?? 'missing') };
}

/** Decimal places tried, as powers of ten: enough for the numbers of a unit vector, whose float32 is about 2^-29 fine. */
const SCALES = [1e8, 1e9, 1e10];

/**
 * The numbers of a vector as doubles that print short and are the same float32 when they are read: `0.1` and not
 * `0.10000000149011612`. That makes a request two fifths smaller.
 */
export function plainNumbers(vector: Float32Array): number[] {
  const numbers = new Array<number>(vector.length);
  for (let at = 0; at < vector.length; at += 1) {
    const value = vector[at] as number;
    invariant(Number.isFinite(value), 'a vector holds a number that is not finite');
    let plain = value;
    for (const scale of SCALES) {
      const rounded = Math.round(value * scale) / scale;
      if (Math.fround(rounded) !== value) continue;
      plain = rounded;
      break;
    }
    numbers[at] = plain;
  }
  return numbers;
}
