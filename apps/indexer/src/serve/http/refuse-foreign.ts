import type { MiddlewareHandler } from 'hono';
import { refusal } from '@lockstep/routes';

/** Sites from which a browser may send requests: the page itself, and nothing, as when an address is typed. */
const OWN_SITES = new Set(['same-origin', 'none']);

/**
 * Refuses requests that a page of another site makes a browser send, on every path and before anything is read of them. A page
 * whose host name leads to this machine (DNS rebinding) sends that name as its host; any other page has another origin. Only
 * the page itself, which holds nothing before it has the token, may be opened from a link of another site.
 */
export function refuseForeign(port: () => number): MiddlewareHandler {
  return async ({ req }, next) => {
    const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${port()}`);
    const host = req.header('host') ?? '';
    if (!hosts.includes(host)) throw foreign('host', hosts.join(' or '));
    const origin = req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`) throw foreign('origin', `http://${host}, or none`);
    const site = req.header('sec-fetch-site') ?? 'none';
    const isOpened = req.method === 'GET' && req.path === '/' && req.header('sec-fetch-dest') === 'document';
    if (!OWN_SITES.has(site) && !isOpened) throw foreign('sec-fetch-site', [...OWN_SITES].join(' or '));
    await next();
  };
}

function foreign(header: string, expected: string): Error {
  return refusal('request-foreign', `The header ${header}: expected ${expected}, found another`);
}
