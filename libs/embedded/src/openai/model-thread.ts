import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { engineFailure } from '../engine-error.ts';

/** Finds the file that `imports` in package.json names: the source here, the built one in the published package. */
const { resolve } = createRequire(import.meta.url);

export interface ModelRequest {
  readonly id: number;
  readonly texts: string[];
}

export type ModelReply =
  | { readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly id: number; readonly failure: string };

/** The embedded model in a thread of its own, which starts with the first text. */
export interface ModelThread {
  /** One vector for each text, in order. Rejects with the reason of an aborted signal; the thread ends its batch. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** Fewer than the 24 texts from which the engine starts more threads. An aborted request ends after a batch. */
const BATCH_TEXTS = 8;

/** Requests that a thread has not answered yet, by id. */
type Pending = Map<number, { resolve(vectors: readonly Float32Array[]): void; reject(error: unknown): void }>;

export function createModelThread(): ModelThread {
  let running: { readonly worker: Worker; readonly pending: Pending } | undefined;
  let lastId = 0;

  function start() {
    // Without the flags of this process, since some of them are refused for a file, such as --input-type.
    const worker = new Worker(pathToFileURL(resolve('#model-worker')), { execArgv: [] });
    const pending: Pending = new Map();
    const started = { worker, pending };
    worker.on('message', (reply: ModelReply) => {
      const request = pending.get(reply.id);
      pending.delete(reply.id);
      // An idle thread must not keep the process alive.
      if (pending.size === 0) worker.unref();
      if ('vectors' in reply) request?.resolve(reply.vectors);
      else request?.reject(engineFailure('The embedded model failed', reply.failure));
    });
    const fail = (error: Error): void => {
      if (running === started) running = undefined;
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    };
    worker.on('error', (error) => fail(engineFailure('The embedded model failed', error)));
    worker.on('exit', () => fail(new Error('The thread of the embedded model ended.')));
    return started;
  }

  function startOrFail(): ReturnType<typeof start> {
    try {
      return start();
    } catch (error) {
      throw engineFailure('The embedded model cannot be started', error);
    }
  }

  async function ask(texts: string[], signal: AbortSignal | undefined): Promise<readonly Float32Array[]> {
    const { worker, pending } = (running ??= startOrFail());
    const id = (lastId += 1);
    const { promise, resolve: answer, reject } = Promise.withResolvers<readonly Float32Array[]>();
    const stop = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    pending.set(id, { resolve: answer, reject });
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
      for (let from = 0; from < texts.length; from += BATCH_TEXTS) {
        signal?.throwIfAborted();
        vectors.push(...(await ask(texts.slice(from, from + BATCH_TEXTS), signal)));
      }
      return vectors;
    },
    async close() {
      await running?.worker.terminate();
    },
  };
}
