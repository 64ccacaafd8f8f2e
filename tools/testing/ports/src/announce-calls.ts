import { watchCalls, type PortName } from './watch-calls.ts';

/**
 * A port that names each of its calls (`qdrant upsert`) before the call goes through, and a scan before each page: a
 * place to stop, to let something else happen, or to be killed. What `onCall` throws fails the call, which then did
 * nothing.
 */
export function announceCalls<Port extends object>(
  port: Port,
  name: PortName,
  onCall: (call: string) => unknown,
): Port {
  return watchCalls(port, name, async ({ word }, send) => {
    await onCall(`${name} ${word}`);
    return send();
  });
}
