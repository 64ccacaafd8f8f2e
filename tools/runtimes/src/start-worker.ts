import type { InstalledRuntimes } from './install-runtimes.ts';

/** What is used of miniflare, which the workspace does not install. */
interface Miniflare {
  readonly Miniflare: new (options: object) => {
    readonly ready: Promise<URL>;
    dispatchFetch(url: string, init?: WorkerRequest): Promise<Response>;
    dispose(): Promise<void>;
  };
}

export interface WorkerRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A Worker in workerd. */
export interface StartedWorker {
  /** Sends a request. */
  send(path: string, request?: WorkerRequest): Promise<Response>;
  /** Sends a request, and returns the body of the answer. Throws with the body for any status but 200. */
  ask(path: string): Promise<string>;
  stop(): Promise<void>;
}

/** The newest date that the installed workerd knows, and that of apps/edge/wrangler.jsonc; Node's modules are there by a flag only. */
const COMPATIBILITY_DATE = '2026-07-30';

/**
 * Starts a Worker in workerd.
 *
 * @param bindings texts in its environment
 * *Errors*: throws what workerd says where the module does not load
 */
export async function startWorker(
  { load }: InstalledRuntimes,
  source: string,
  { bindings, usesNode = false }: { readonly bindings: Readonly<Record<string, string>>; readonly usesNode?: boolean },
): Promise<StartedWorker> {
  const { Miniflare: Server } = load('miniflare') as Miniflare;
  const messages: string[] = [];
  const server = new Server({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: source }],
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: usesNode ? ['nodejs_compat'] : [],
    bindings,
    // Data about the place of a visitor, which would be fetched.
    cf: false,
    handleRuntimeStdio(...streams: readonly NodeJS.ReadableStream[]) {
      for (const stream of streams) stream.on('data', (data: Buffer) => messages.push(data.toString()));
    },
  });
  try {
    await server.ready;
  } catch (error) {
    await server.dispose().catch(() => undefined);
    throw new Error(`the Worker does not load: ${messages.join('')}`, { cause: error });
  }
  const send: StartedWorker['send'] = (path, request) => server.dispatchFetch(`http://worker.invalid${path}`, request);
  return {
    send,
    async ask(path) {
      const response = await send(path);
      const body = await response.text();
      if (response.status !== 200) throw new Error(body);
      return body;
    },
    stop: () => server.dispose(),
  };
}
