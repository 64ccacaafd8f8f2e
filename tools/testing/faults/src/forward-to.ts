import type { Handler } from './fault-server.ts';

/** A handler that forwards requests to a running server, with path and headers unchanged, below its address. */
export function forwardTo(address: string): Handler {
  const base = address.replace(/\/+$/, '');
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = request.body === null ? {} : { body: await request.arrayBuffer() };
    return fetch(`${base}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      redirect: 'manual',
      ...body,
    });
  };
}
