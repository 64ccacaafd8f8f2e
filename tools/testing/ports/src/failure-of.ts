import { isIndexingError, type IndexingError } from '@lockstep/model';

/** The `IndexingError` that a call fails with. Throws when it succeeds or fails with another error. */
export async function failureOf(call: Promise<unknown>): Promise<IndexingError> {
  try {
    await call;
  } catch (error) {
    if (isIndexingError(error)) return error;
    throw new Error('expected an IndexingError, found another one', { cause: error });
  }
  throw new Error('expected a failure, found success');
}
