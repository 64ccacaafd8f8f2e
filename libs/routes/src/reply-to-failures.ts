import type { Hono } from 'hono';
import type { Logger } from '@lockstep/model';
import { failureReply } from './failure-reply.ts';
import { logFailure } from './log-failure.ts';
import { refusal } from './refusal.ts';

export interface FailureOptions {
  /** The routes, as a message names them. */
  readonly known: string;
  readonly logger: Logger;
  /** The error as it is told. @default as it is */
  readonly shown?: ((error: unknown) => unknown) | undefined;
}

/** Answers requests that fail, and those for which there is no route, in our words. */
export function replyToFailures(routes: Hono, { known, logger, shown = (error) => error }: FailureOptions): void {
  routes.notFound(({ req }) =>
    failureReply(refusal('route-unknown', `There is no ${req.method} ${req.path}; expected ${known}`)),
  );
  routes.onError((error) => {
    logFailure(logger, error);
    return failureReply(shown(error));
  });
}
