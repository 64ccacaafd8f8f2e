import { CHUNK_ID_BYTES_MAX, utf8Bytes } from '@lockstep/model';
import { deleteChunks, type DeleteReceipt } from '@lockstep/pipeline';
import { editContext, fieldsOf, refusal, projectionOf, requestedCorpus } from '@lockstep/routes';
import { CHUNKS_MAX } from './put-requested.ts';
import type { RoutesOptions } from './routes-options.ts';

/** `DELETE /chunks`: deletes chunks by their ids from both stores. */
export async function deleteRequested(
  options: RoutesOptions,
  body: unknown,
): Promise<DeleteReceipt & { readonly ok: true }> {
  const { services, logger } = options;
  const { corpus: named, ids } = fieldsOf(body, ['corpus', 'ids']);
  const corpus = requestedCorpus(options, named);
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every(isChunkId)) {
    throw refusal(
      'request-invalid',
      `ids: expected a list of at least one id, each a text of 1 to ${CHUNK_ID_BYTES_MAX} bytes`,
    );
  }
  if (ids.length > CHUNKS_MAX) {
    throw refusal('request-too-large', `ids: expected at most ${CHUNKS_MAX}, found ${ids.length}`);
  }
  const edit = { ...services, projection: projectionOf(options, corpus), runId: crypto.randomUUID() };
  return { ok: true, ...(await deleteChunks(editContext(corpus, logger), edit, [...new Set(ids)])) };
}

function isChunkId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && utf8Bytes(id) <= CHUNK_ID_BYTES_MAX;
}
