/** How the page asks its server. */
export interface Server {
  /** The JSON of a reply. Fails with what the server says, in its words. */
  get<Reply>(path: string, signal?: AbortSignal): Promise<Reply>;
  post<Reply>(path: string, body: object): Promise<Reply>;
  /** A reply as it comes. Fails as `get` does. */
  open(path: string, signal: AbortSignal): Promise<Response>;
}

/** What a reply says that is no success. */
interface Failure {
  readonly error?: { readonly code: string; readonly message: string; readonly advice: string };
}

/** A server that is asked with a token, which no other page has. */
export function createServer(token: string): Server {
  async function ask(path: string, init: RequestInit): Promise<Response> {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(path, { ...init, headers, cache: 'no-store' }).catch((error: unknown) => {
      if (init.signal?.aborted === true) throw error;
      throw new Error('The server does not answer. Is `indexer serve` still running?');
    });
    if (response.ok) return response;
    const { error } = ((await response.json().catch(() => ({}))) ?? {}) as Failure;
    throw new Error(
      error === undefined ? `The server answered with ${response.status}.` : `${error.message} ${error.advice}`,
    );
  }
  return {
    async get<Reply>(path: string, signal?: AbortSignal) {
      return (await (await ask(path, signal === undefined ? {} : { signal })).json()) as Reply;
    },
    async post<Reply>(path: string, body: object) {
      return (await (await ask(path, { method: 'POST', body: JSON.stringify(body) })).json()) as Reply;
    },
    open: (path, signal) => ask(path, { signal }),
  };
}
