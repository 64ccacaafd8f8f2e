import type { Context as HonoContext } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { RunBoard } from '../runs/run-board.ts';

/** How long a page waits before it asks again, once the connection is lost. */
const RETRY_MS = 1_000;

/**
 * Server-sent events: `runs` with all that is known of runs, and then with each that has changed. What a page missed while it was
 * away is in the first event of its next connection, so that nothing has to be sent again.
 */
export function streamRuns(context: HonoContext, board: RunBoard, ending: AbortSignal): Response {
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const signal = AbortSignal.any([gone.signal, ending]);
    for await (const runs of board.watch(signal)) {
      const data = JSON.stringify({ now: new Date().toISOString(), runs });
      await stream.writeSSE({ event: 'runs', data, retry: RETRY_MS });
    }
  });
}
