import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { authenticate } from './authenticate.ts';
import { refusal } from './refusal.ts';

/** What a server asks of every request. */
export interface Protection {
  /** What requests must carry. */
  readonly token: string;
  readonly bodyBytesMax: number;
}

/** Refuses requests without the token, or with a body that is too large, on all routes that are added after this. */
export function protectRoutes(routes: Hono, { token, bodyBytesMax }: Protection): void {
  routes.use(async ({ req }, next) => {
    await authenticate(req.header('authorization'), token);
    await next();
  });
  routes.use(
    bodyLimit({
      maxSize: bodyBytesMax,
      onError() {
        throw refusal('request-too-large', `The body: expected at most ${bodyBytesMax} bytes, found more`);
      },
    }),
  );
}
