import { watchCalls, type PortName } from './watch-calls.ts';

/**
 * A port that calls `onCall` with the name of each of its calls (`qdrant upsert`) before it is sent; a scan is one call for
 * each page. A test can wait there, do something else, or throw: then the call fails and does nothing.
 */
export function announceCalls<Port extends object>(
  port: Port,
  name: PortName,
  onCall: (call: string) => unknown,
): Port {
  return watchCalls(port, name, async ({ method }, send) => {
    await onCall(`${name} ${method}`);
    return send();
  });
}
