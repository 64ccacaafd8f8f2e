import type { Disposition, ErrorCode } from '@lockstep/model';

/** The error code and disposition for an HTTP status without a more specific code. An unknown status aborts. */
export function statusFailure(status: number): { readonly code: ErrorCode; readonly disposition: Disposition } {
  if (status === 429) return { code: 'rate-limited', disposition: 'retry' };
  if (status === 401 || status === 403) return { code: 'unauthorized', disposition: 'abort' };
  // 507: the answer is too large, and would be at another try.
  if (status === 507) return { code: 'request-refused', disposition: 'abort' };
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    return { code: 'service-unavailable', disposition: 'retry' };
  }
  return { code: 'request-refused', disposition: 'abort' };
}
