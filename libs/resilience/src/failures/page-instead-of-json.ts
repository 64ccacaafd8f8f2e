import { IndexingError, type ErrorDetails } from '@lockstep/model';

/**
 * Tries of a call that is answered with a web page. One is shown for a moment while a gateway starts or its target restarts,
 * and two or three seconds are enough to see; a page that stays is that of another server, of a login or of a portal, and
 * sixteen tries would take minutes to say so.
 */
const PAGE_ATTEMPTS_MAX = 4;

/** Whether an answer is a web page, by its content type. */
export function isPage(headers: Pick<Headers, 'get'>): boolean {
  return /\bx?html\b/i.test(headers.get('content-type') ?? '');
}

/** What a message about a refusal adds where the refusal is a web page; empty for other answers. */
export function pageNote(headers: Pick<Headers, 'get'>): string {
  return isPage(headers) ? ' with a web page, which may be of a proxy' : '';
}

/** The failure of a call that was answered with a web page in place of JSON, although its status tells success. */
export function pageInsteadOfJson(service: string, server: string, details: ErrorDetails = {}): IndexingError {
  return new IndexingError({
    code: 'response-invalid',
    disposition: 'retry',
    attemptsMax: PAGE_ATTEMPTS_MAX,
    message: `${service} at ${server} answered with a web page instead of JSON; it may be of a proxy, or of another server.`,
    details,
  });
}
