import { createReadRoutes, refusal, replyToFailures } from '@lockstep/routes';
import type { LibraryCall } from './library-call.ts';

export const call: LibraryCall = async () => {
  const routes = createReadRoutes(() => Promise.reject(refusal('request-invalid', 'a corpus that cannot be read')));
  replyToFailures(routes, { known: 'GET /search', logger: { debug() {}, info() {}, warn() {} } });
  const ask = async (path: string): Promise<unknown[]> => {
    const reply = await routes.fetch(new Request(`https://routes.invalid${path}`));
    const { ok, error } = (await reply.json()) as { ok: boolean; error: { code: string } };
    return [reply.status, ok, error.code];
  };
  return {
    found: [await ask('/verify?corpus=a'), await ask('/search'), await ask('/nowhere')],
    expected: [
      [400, false, 'request-invalid'],
      [400, false, 'request-invalid'],
      [404, false, 'route-unknown'],
    ],
  };
};
