import { isIndexingError, type IndexingError } from '@lockstep/indexer';

/** The error that an operation rejects with. Throws where it does not, and any error that is not one of ours. */
export async function expectFailure(operation: Promise<unknown>): Promise<IndexingError> {
  const outcome = await operation.then(
    () => ({ error: new Error('expected an operation that fails') }),
    (error: unknown) => ({ error }),
  );
  if (!isIndexingError(outcome.error)) throw outcome.error;
  return outcome.error;
}
