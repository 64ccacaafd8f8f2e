import { orAborted } from '@lockstep/resilience';

interface Closable {
  close(): Promise<void>;
}

/** An engine that others in this process may be using as well. */
export interface Lease<Engine> {
  readonly engine: Engine;
  /** Closes the engine if nobody else uses it. Repeating it does nothing. */
  release(): Promise<void>;
}

interface Shared<Engine> {
  readonly starting: Promise<Engine>;
  /** Ends the start when nobody waits for it any more. */
  readonly stop: AbortController;
  users: number;
}

/**
 * Engines of one kind in this process, by a name such as their folder. An engine is started for its first user, and closed
 * when its last one releases it: two indexes in one process would otherwise wait for each other's lock of one folder.
 */
export interface SharedEngines<Engine> {
  lease(name: string, start: (signal: AbortSignal) => Promise<Engine>, signal: AbortSignal): Promise<Lease<Engine>>;
}

export function createSharedEngines<Engine extends Closable>(): SharedEngines<Engine> {
  const engines = new Map<string, Shared<Engine>>();

  function forget(name: string, shared: Shared<Engine>): void {
    if (engines.get(name) === shared) engines.delete(name);
  }

  function startShared(name: string, start: (signal: AbortSignal) => Promise<Engine>): Shared<Engine> {
    const stop = new AbortController();
    const shared = { starting: start(stop.signal), stop, users: 0 };
    engines.set(name, shared);
    // The next user starts what could not be started now.
    shared.starting.catch(() => forget(name, shared));
    return shared;
  }

  return {
    async lease(name, start, signal) {
      signal.throwIfAborted();
      const shared = engines.get(name) ?? startShared(name, start);
      shared.users += 1;
      let isReleased = false;
      const release = async (): Promise<void> => {
        if (isReleased) return;
        isReleased = true;
        shared.users -= 1;
        if (shared.users > 0) return;
        forget(name, shared);
        shared.stop.abort();
        const engine = await shared.starting.catch(() => undefined);
        await engine?.close();
      };
      try {
        return { engine: await orAborted(shared.starting, signal), release };
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
}
