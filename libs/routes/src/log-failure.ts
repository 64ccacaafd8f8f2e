import { isIndexingError, type Logger } from '@lockstep/model';

/** Frames of a stack in the log. */
const FRAMES_MAX = 10;

/**
 * Logs a request that failed. Of an error that is not known it has the name and the places in the program, and not the message,
 * which may hold a secret or a text.
 */
export function logFailure(logger: Logger, error: unknown): void {
  if (isIndexingError(error)) {
    logger.warn('request-failed', { code: error.code, error: error.message });
    return;
  }
  const { name = typeof error, stack = '' } = error instanceof Error ? error : {};
  const frames = stack.split('\n').filter((line) => /^ *at /.test(line));
  logger.warn('request-failed', { code: 'invariant', name, stack: frames.slice(0, FRAMES_MAX).join('\n') });
}
