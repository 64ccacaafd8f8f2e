import { Hono } from 'hono';
import type { ReadingOptions } from './reading-options.ts';
import { searchRequested } from './search-requested.ts';
import { verifyRequested } from './verify-requested.ts';

/** Does the work of one request with what the corpus is read with that it names; undefined where it names none. */
export type ReadWith = <Reply>(
  corpus: string | undefined,
  work: (options: ReadingOptions) => Promise<Reply>,
) => Promise<Reply>;

/** `GET /search` and `GET /verify`, for every server that has them. */
export function createReadRoutes(readWith: ReadWith): Hono {
  const routes = new Hono();
  for (const [path, requested] of [
    ['/search', searchRequested],
    ['/verify', verifyRequested],
  ] as const) {
    routes.get(path, async (context) => {
      const { req } = context;
      const reply: object = await readWith(req.query('corpus'), async (options) => requested(options, req.queries()));
      return context.json(reply);
    });
  }
  return routes;
}
