import type { Hono } from 'hono';
import type { Logger } from '@lockstep/model';
import { failureReply } from './failure-reply.ts';
import { logFailure } from './log-failure.ts';
import { refusal } from './refusal.ts';

/** Answers requests that fail, and those for which there is no route, in our words. `known` are the routes, as a message names them. */
export function replyToFailures(
  routes: Hono,
  { known, logger }: { readonly known: string; readonly logger: Logger },
): void {
  routes.notFound(({ req }) =>
    failureReply(refusal('route-unknown', `There is no ${req.method} ${req.path}; expected ${known}`)),
  );
  routes.onError((error) => {
    logFailure(logger, error);
    return failureReply(error);
  });
}
