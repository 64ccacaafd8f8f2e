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

export function createModelThread(): ModelThread {
  let worker: Worker | undefined;
  let lastId = 0;
  const waiting = new Map<number, { resolve(vectors: readonly Float32Array[]): void; reject(error: Error): void }>();

  function start(): Worker {
    const started = new Worker(new URL('./model-worker.ts', import.meta.url));
    started.on('message', (reply: ModelReply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      // An idle thread must not keep the process alive.
      if (waiting.size === 0) started.unref();
      if ('vectors' in reply) asked?.resolve(reply.vectors);
      else asked?.reject(new Error(`The embedded model failed: ${reply.failure}`));
    });
    const fail = (error: Error): void => {
      worker = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    started.on('error', fail);
    started.on('exit', () => fail(new Error('The thread of the embedded model ended.')));
    return started;
  }

  function ask(texts: string[], signal: AbortSignal | undefined): Promise<readonly Float32Array[]> {
    const thread = (worker ??= start());
    const id = (lastId += 1);
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          signal?.removeEventListener('abort', stop);
          then(value);
        };
      waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      thread.ref();
      thread.postMessage({ id, texts } satisfies ModelRequest);
    });
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
      await worker?.terminate();
    },
  };
}
