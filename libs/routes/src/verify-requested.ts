import { verifySlice, type SliceReport } from '@lockstep/pipeline';
import { editContext } from './edit-context.ts';
import type { ReadingOptions } from './reading-options.ts';
import { refusal } from './refusal.ts';
import { projectionOf, requestedCorpus } from './requested-corpus.ts';
import { singleQueries } from './single-queries.ts';

/** Chunks of one slice: a page of whole rows, so that a slice takes two requests where nothing differs. */
export const SLICE_CHUNKS = 200;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Which slice is to be verified. */
export interface VerifyRequest {
  readonly corpus: string | undefined;
  readonly cursor: string | undefined;
}

/** Reads the parameters of `GET /verify`. Fails with `request-invalid`. */
export function readVerifyRequest(queries: Readonly<Record<string, readonly string[]>>): VerifyRequest {
  const { corpus, cursor } = singleQueries(queries, ['corpus', 'cursor']);
  if (cursor !== undefined && !UUID.test(cursor)) {
    throw refusal('request-invalid', 'cursor: expected that of an earlier reply');
  }
  return { corpus, cursor };
}

/** `GET /verify`: compares a slice of a corpus in both stores; `cursor` leads to the next one. */
export async function verifyRequested(
  options: ReadingOptions,
  { corpus, cursor }: VerifyRequest,
): Promise<SliceReport> {
  return verifyFrom(options, requestedCorpus(options, corpus), cursor);
}

/** Compares the slice after a point id. */
export function verifyFrom(options: ReadingOptions, corpus: string, after: string | undefined): Promise<SliceReport> {
  const { services, logger, isReadOnly } = options;
  const slice = {
    ...services,
    projection: projectionOf(options, corpus),
    after,
    items: SLICE_CHUNKS,
    keepStamps: isReadOnly,
  };
  return verifySlice(editContext(corpus, logger), slice);
}
