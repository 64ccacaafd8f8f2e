import { isJsonObject, utf8Bytes, type JsonValue } from '@lockstep/model';
import { acceptEdits, putChunks, type PutReceipt, type RejectedEdit } from '@lockstep/pipeline';
import { editContext, fieldsOf, refusal, projectionOf, requestedCorpus } from '@lockstep/routes';
import type { RoutesOptions } from './routes-options.ts';

/**
 * Chunks of one request. So many are embedded in one request and written in one to each store, so that a put asks the
 * services about 30 times: a Worker may ask 50 times a request on the free plan, and retries count
 * (https://developers.cloudflare.com/workers/platform/limits/, 2026-11). Their vectors take 15 MB as JSON at most.
 */
export const CHUNKS_MAX = 100;

/** Rejected records that a message lists. */
const LISTED_MAX = 5;

/** `POST /chunks`: makes both stores hold these chunks. A request is carried out as a whole or, where a record is no chunk, not at all. */
export async function putRequested(options: RoutesOptions, body: unknown): Promise<PutReceipt & { readonly ok: true }> {
  const { services, logger } = options;
  const fields = fieldsOf(body, ['corpus', 'chunks']);
  const corpus = requestedCorpus(options, fields['corpus']);
  const records = fields['chunks'];
  if (!Array.isArray(records) || records.length === 0) {
    throw refusal('request-invalid', 'chunks: expected a list of at least one record');
  }
  if (records.length > CHUNKS_MAX) {
    throw refusal('request-too-large', `chunks: expected at most ${CHUNKS_MAX} records, found ${records.length}`);
  }
  const { chunks, rejected } = await acceptEdits(records as JsonValue[], corpus, services.embedder);
  refuseRejected(rejected, records as JsonValue[], services.embedder.inputTokensMax);
  const projection = projectionOf(options, corpus);
  const runId = crypto.randomUUID();
  const receipt = await putChunks(editContext(corpus, logger), { ...services, projection, runId }, chunks);
  return { ok: true, ...receipt };
}

function refuseRejected(rejected: readonly RejectedEdit[], records: readonly JsonValue[], textBytesMax: number): void {
  if (rejected.length === 0) return;
  const listed = rejected.slice(0, LISTED_MAX).map(({ index, chunkId, code, field, message }) => {
    const record = `chunks[${index}]${chunkId === undefined ? '' : ` (${JSON.stringify(chunkId)})`}`;
    return `${record}${field === null ? '' : `.${field}`}: ${code === 'too-long' ? tooLong(records[index], textBytesMax) : message}`;
  });
  const more = rejected.length - listed.length;
  const isLong = rejected.every(({ code }) => code === 'too-long' || code === 'too-large');
  throw refusal(
    isLong ? 'request-too-large' : 'request-invalid',
    `${listed.join('; ')}${more > 0 ? `; and ${more} more` : ''}. Nothing was written`,
    { rejected: rejected.length },
  );
}

/** In bytes, since no tokens are counted here. */
function tooLong(record: JsonValue | undefined, textBytesMax: number): string {
  const texts = isJsonObject(record) ? Object.values(record).filter((value) => typeof value === 'string') : [];
  return `expected at most ${textBytesMax} bytes, found ${Math.max(...texts.map(utf8Bytes))}; load longer texts from a file`;
}
