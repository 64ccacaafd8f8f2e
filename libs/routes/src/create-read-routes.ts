import { Hono } from 'hono';
import type { ReadingOptions } from './reading-options.ts';
import { readSearchRequest, searchRequested } from './search-requested.ts';
import { readVerifyRequest, verifyRequested } from './verify-requested.ts';

/** Does the work of one request with what the corpus is read with that it names; undefined where it names none. */
export type ReadWith = <Reply>(
  corpus: string | undefined,
  work: (options: ReadingOptions) => Promise<Reply>,
) => Promise<Reply>;

/** `GET /search` and `GET /verify`, for every server that has them. */
export function createReadRoutes(readWith: ReadWith): Hono {
  const routes = new Hono();
  routes.get('/search', async ({ req, json }) => {
    const request = readSearchRequest(req.queries());
    return json(await readWith(request.corpus, (options) => searchRequested(options, request)));
  });
  routes.get('/verify', async ({ req, json }) => {
    const request = readVerifyRequest(req.queries());
    return json(await readWith(request.corpus, (options) => verifyRequested(options, request)));
  });
  return routes;
}
