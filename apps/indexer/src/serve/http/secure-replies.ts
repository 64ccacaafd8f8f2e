import type { MiddlewareHandler } from 'hono';

/**
 * Headers of every reply, also of those that fail: nothing is stored, guessed, framed, told to other sites or read by them, and no
 * script runs but that which `policy` names, a Content-Security-Policy.
 */
export function secureReplies(policy: string): MiddlewareHandler {
  const headers: Readonly<Record<string, string>> = {
    'cache-control': 'no-store',
    'content-security-policy': `${policy}; frame-ancestors 'none'`,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  return async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value);
  };
}
