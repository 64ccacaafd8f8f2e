import { IndexingError, isIndexingError } from '@lockstep/model';
import { asIndexingError } from '../terminal/report-failure.ts';

/**
 * Runs work with a signal that aborts with the first of several, and whose reason is the error `aborted`, as when the command
 * line is interrupted. Whatever the work fails with becomes an `IndexingError`.
 */
export async function stoppable<Result>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const given = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(stopped(given.reason));
  if (given.aborted) stop();
  given.addEventListener('abort', stop, { once: true });
  try {
    stopping.signal.throwIfAborted();
    return await work(stopping.signal);
  } catch (error) {
    throw isIndexingError(error) ? error : Object.assign(asIndexingError(error), { cause: error });
  } finally {
    given.removeEventListener('abort', stop);
  }
}

function stopped(reason: unknown): unknown {
  if (isIndexingError(reason)) return reason;
  return new IndexingError({ code: 'aborted', message: 'Stopped. What was embedded is saved.', cause: reason });
}
