import { createReadRoutes, protectRoutes, readJsonBody, replyToFailures } from '@lockstep/routes';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { deleteRequested } from './delete-requested.ts';
import { putRequested } from './put-requested.ts';
import type { RoutesOptions } from './routes-options.ts';

const ROUTES = 'GET /search, GET /verify, POST /chunks and DELETE /chunks';

/** A chunk has a few kilobytes; with its vector a request of this size stays far below the 128 MB of a Worker. */
const BODY_BYTES_MAX = 1_048_576;

/** The routes over the services of one request. Every reply is JSON with `ok`. */
export function createRoutes(options: RoutesOptions): Hono {
  const { origins, token, logger } = options;
  const routes = new Hono();
  if (origins.length > 0) {
    // Before the token, which a browser does not send with its first question.
    routes.use(cors({ origin: [...origins], allowMethods: ['GET', 'POST', 'DELETE'], maxAge: 600 }));
  }
  protectRoutes(routes, { token, bodyBytesMax: BODY_BYTES_MAX });
  routes.route(
    '/',
    createReadRoutes((_corpus, work) => work(options)),
  );
  routes.post('/chunks', async (context) =>
    context.json(await putRequested(options, await readJsonBody(context.req.raw))),
  );
  routes.delete('/chunks', async (context) =>
    context.json(await deleteRequested(options, await readJsonBody(context.req.raw))),
  );
  replyToFailures(routes, { known: ROUTES, logger });
  return routes;
}
