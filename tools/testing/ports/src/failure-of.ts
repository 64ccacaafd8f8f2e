import { isIndexingError, type IndexingError } from '@lockstep/model';

/** The failure that a call ends with; throws when it succeeds or fails with an error of another family. */
export async function failureOf(call: Promise<unknown>): Promise<IndexingError> {
  try {
    await call;
  } catch (error) {
    if (isIndexingError(error)) return error;
    throw new Error('expected an IndexingError, found another one', { cause: error });
  }
  throw new Error('expected a failure, found success');
}
