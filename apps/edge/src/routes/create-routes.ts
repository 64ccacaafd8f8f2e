import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { authenticate } from './authenticate.ts';
import { deleteRequested } from './delete-requested.ts';
import { failureReply } from './failure-reply.ts';
import { logFailure } from './log-failure.ts';
import { putRequested } from './put-requested.ts';
import { BODY_BYTES_MAX, readJsonBody } from './read-json-body.ts';
import { refusal } from './refusal.ts';
import type { RoutesOptions } from './routes-options.ts';
import { searchRequested } from './search-requested.ts';
import { verifyRequested } from './verify-requested.ts';

const ROUTES = 'GET /search, GET /verify, POST /chunks and DELETE /chunks';

/** The routes over the services of one request. Every reply is JSON with `ok`. */
export function createRoutes(options: RoutesOptions): Hono {
  const { origins, token, logger } = options;
  const routes = new Hono();
  if (origins.length > 0) {
    // Before the token, which a browser does not send with its first question.
    routes.use(cors({ origin: [...origins], allowMethods: ['GET', 'POST', 'DELETE'], maxAge: 600 }));
  }
  routes.use(async ({ req }, next) => {
    await authenticate(req.header('authorization'), token);
    await next();
  });
  routes.use(
    bodyLimit({
      maxSize: BODY_BYTES_MAX,
      onError() {
        throw refusal('request-too-large', `The body: expected at most ${BODY_BYTES_MAX} bytes, found more`);
      },
    }),
  );
  routes.get('/search', async (context) => context.json(await searchRequested(options, context.req.queries())));
  routes.get('/verify', async (context) => context.json(await verifyRequested(options, context.req.queries())));
  routes.post('/chunks', async (context) =>
    context.json(await putRequested(options, await readJsonBody(context.req.raw))),
  );
  routes.delete('/chunks', async (context) =>
    context.json(await deleteRequested(options, await readJsonBody(context.req.raw))),
  );
  routes.notFound(({ req }) =>
    failureReply(refusal('route-unknown', `There is no ${req.method} ${req.path}; expected ${ROUTES}`)),
  );
  routes.onError((error) => {
    logFailure(logger, error);
    return failureReply(error);
  });
  return routes;
}
