import { IndexingError, isIndexingError, strippedCause } from '@lockstep/model';
import { retryAfterMs, shownServer, statusFailure, type Guard } from '@lockstep/resilience';
import type { InputPart } from './input-parts.ts';
import { shownAddress } from './shown-address.ts';
import { spoolBytes } from './spool-bytes.ts';

type Address = Extract<InputPart, { readonly kind: 'address' }>;

export interface DownloadOptions {
  readonly guard: Guard;
  readonly signal: AbortSignal;
  /** Most bytes of the content. @default INPUT_BYTES_MAX */
  readonly bytesMax?: number;
  /** How long the server may send nothing, in milliseconds. @default 60_000 */
  readonly idleMs?: number;
}

/** Ten times the largest input that this program is measured with; more is a mistake, or an answer that does not end. */
export const INPUT_BYTES_MAX = 10 * 1024 ** 3;

/** As curl waits by default for nothing: a server that is silent for a minute is taken for gone. */
const IDLE_MS = 60_000;

/** Half of what browsers follow (20: https://fetch.spec.whatwg.org/#http-redirect-fetch); usual ones are two or three. */
const REDIRECTS_MAX = 10;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Downloads the content of an address to a file, and returns its size and its SHA-256 in hex. A request that fails or an
 * answer that is cut is tried again.
 *
 * Redirects are followed, without credentials, and never from https to http. Fails with `input-address` where the server
 * refuses or redirects wrongly, with `input-form` for a web page, with `input-too-large`, with `input-digest` where the
 * address has another SHA-256 than it should, and, when attempts are used up, with `service-unavailable` or `rate-limited`.
 */
export async function download(
  address: Address,
  path: string,
  options: DownloadOptions,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const { guard, signal } = options;
  const { name, sha256 } = address;
  const got = await guard.run((attemptSignal) => attempt(address, path, { ...options, signal: attemptSignal }), {
    signal,
    call: { kind: 'download', facts: { server: shownServer(address.url) } },
  });
  if (sha256 !== undefined && got.sha256 !== sha256) {
    throw new IndexingError({
      code: 'input-digest',
      message: `${name} has the SHA-256 ${got.sha256}; expected ${sha256}, as corpus.json says. Nothing of it was used.`,
      details: { found: got.sha256, expected: sha256 },
    });
  }
  return got;
}

async function attempt(
  { url, name }: Address,
  path: string,
  { signal, bytesMax = INPUT_BYTES_MAX, idleMs = IDLE_MS }: DownloadOptions,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), idleMs);
  try {
    const response = await follow(url, name, AbortSignal.any([signal, silent.signal]));
    refuseAnswer(response, name);
    const { headers, body } = response;
    // The length is that of the content only where the server did not compress it.
    const length = headers.has('content-encoding') ? null : headers.get('content-length');
    if (Number(length ?? 0) > bytesMax) throw tooLarge(name, bytesMax);
    async function* bounded(): AsyncGenerator<Uint8Array> {
      let bytes = 0;
      for await (const block of body ?? []) {
        timer.refresh();
        bytes += block.length;
        if (bytes > bytesMax) throw tooLarge(name, bytesMax);
        yield block;
      }
      if (length !== null && bytes !== Number(length)) throw unavailable(`${name} sent an answer that is cut`);
    }
    return await spoolBytes(bounded(), path);
  } catch (error) {
    signal.throwIfAborted();
    if (isIndexingError(error)) throw error;
    if (silent.signal.aborted) throw unavailable(`${name} sent nothing for ${idleMs / 1000} s`);
    const cause = strippedCause(error);
    const isCut = error instanceof TypeError && error.message === 'terminated';
    const what = isCut ? 'sent an answer that is cut' : 'cannot be reached';
    throw unavailable(`${name} ${what}${cause.code === undefined ? '' : ` (${cause.code})`}`, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer at the end of all redirects. No request has credentials, a cookie or a referrer. */
async function follow(start: URL, name: string, signal: AbortSignal): Promise<Response> {
  let url = start;
  for (let redirects = 0; ; redirects += 1) {
    const headers = { accept: '*/*', 'accept-encoding': 'identity' };
    const response = await fetch(url, { redirect: 'manual', referrerPolicy: 'no-referrer', headers, signal });
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get('location') ?? '';
    const via = url === start ? name : `${name}, by way of ${shownAddress(url)},`;
    if (!URL.canParse(location, url)) throw refused(`${via} answered ${response.status} without an address to go to`);
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) throw refused(`${via} redirects to an address that is not http or https`);
    if (url.protocol === 'https:' && next.protocol === 'http:') {
      throw refused(`${via} redirects from https to http, to ${shownAddress(next)}, which is not followed`);
    }
    if (next.username !== '' || next.password !== '') {
      throw refused(`${via} redirects to an address with a user or a password, which is not followed`);
    }
    if (redirects === REDIRECTS_MAX) throw refused(`${name} redirects more than ${REDIRECTS_MAX} times`);
    url = next;
  }
}

function refuseAnswer({ status, ok, headers }: Response, name: string): void {
  if (!ok) {
    const { code, disposition } = statusFailure(status);
    const wait = retryAfterMs(headers, Date.now());
    const why = status === 401 || status === 403 ? '; it wants a key or a sign-in, or one in it has expired' : '';
    throw new IndexingError({
      code: disposition === 'retry' ? code : 'input-address',
      disposition,
      message: `${name} answered ${status}${why}.`,
      details: { status },
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    });
  }
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  if (/^(text\/html|application\/xhtml\+xml)$/i.test(type.trim())) {
    const message = `${name} is a web page (${type.trim()}); expected a file of chunks. Give the address of the file itself.`;
    throw new IndexingError({ code: 'input-form', message });
  }
}

function refused(what: string): IndexingError {
  return new IndexingError({ code: 'input-address', message: `${what}.` });
}

function tooLarge(name: string, bytesMax: number): IndexingError {
  return new IndexingError({
    code: 'input-too-large',
    message: `${name} has more than ${bytesMax} bytes. Download it, and name the file.`,
  });
}

function unavailable(what: string, cause?: unknown): IndexingError {
  return new IndexingError({ code: 'service-unavailable', disposition: 'retry', message: `${what}.`, cause });
}
