import { IndexingError, type ErrorCode, type ErrorDetails } from '@lockstep/model';

/** The error of a request that cannot be what was meant. */
export function refusal(code: ErrorCode, message: string, details: ErrorDetails = {}): IndexingError {
  return new IndexingError({ code, message: `${message}.`, details });
}
