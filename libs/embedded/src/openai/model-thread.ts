import { Worker } from 'node:worker_threads';

export interface ModelRequest {
  readonly id: number;
  readonly texts: string[];
}

export type ModelReply =
  | { readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly id: number; readonly failure: string };

/** The embedded model in a thread of its own, started with the first text. */
export interface ModelThread {
  /** One vector a text, in order. Rejects with the signal's reason when it aborts; the thread then finishes in vain. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** Texts handed over at once: fewer than the 24 at which the engine starts threads of its own, and stopped between. */
const TEXTS_AT_ONCE = 8;

/** What a thread is asked and has not answered yet, by number. */
type Waiting = Map<number, { resolve(vectors: readonly Float32Array[]): void; reject(error: unknown): void }>;

export function createModelThread(): ModelThread {
  let running: { readonly worker: Worker; readonly waiting: Waiting } | undefined;
  let lastId = 0;

  function start() {
    // Without the flags of this process: some of them, such as --input-type, are refused for a file.
    const worker = new Worker(new URL('./model-worker.ts', import.meta.url), { execArgv: [] });
    const waiting: Waiting = new Map();
    const started = { worker, waiting };
    worker.on('message', (reply: ModelReply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      // An idle thread must not keep the process alive.
      if (waiting.size === 0) worker.unref();
      if ('vectors' in reply) asked?.resolve(reply.vectors);
      else asked?.reject(new Error(`The embedded model failed: ${reply.failure}`));
    });
    const fail = (error: Error): void => {
      if (running === started) running = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('The thread of the embedded model ended.')));
    return started;
  }

  async function ask(texts: string[], signal: AbortSignal | undefined): Promise<readonly Float32Array[]> {
    const { worker, waiting } = (running ??= start());
    const id = (lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<readonly Float32Array[]>();
    const stop = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    waiting.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage({ id, texts } satisfies ModelRequest);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    async embed(texts, signal) {
      const vectors: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += TEXTS_AT_ONCE) {
        signal?.throwIfAborted();
        vectors.push(...(await ask(texts.slice(from, from + TEXTS_AT_ONCE), signal)));
      }
      return vectors;
    },
    async close() {
      await running?.worker.terminate();
    },
  };
}
