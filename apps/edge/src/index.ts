import { failureReply } from '@lockstep/routes';
import { randomStart, verifyAtRandom } from './scheduled.ts';
import { putMessages, type MessageBatch } from './queued.ts';
import { createRoutes } from './routes/create-routes.ts';
import { openEdge } from './open-edge.ts';
import type { Bindings } from './settings.ts';

/** The Worker. Everything is opened anew for each event, since workerd lets no request use what another one opened. */
export default {
  async fetch(request: Request, bindings: Bindings): Promise<Response> {
    try {
      return await createRoutes(openEdge(bindings)).fetch(request);
    } catch (error) {
      return failureReply(error);
    }
  },

  /** A cron trigger: verifies a part of the corpus. Fails where the stores differ, so that the event counts as failed. */
  async scheduled(_event: unknown, bindings: Bindings): Promise<void> {
    await verifyAtRandom(openEdge(bindings), randomStart());
  },

  /** Messages whose body is that of `POST /chunks`. */
  async queue(batch: MessageBatch, bindings: Bindings): Promise<void> {
    await putMessages(openEdge(bindings), batch);
  },
};
