import { isIndexingError, type Logger } from '@lockstep/model';
import { SEARCH_DEADLINE_MS } from '@lockstep/reader/create-reader';
import { openServices, type Services } from '../wiring/open-services.ts';
import type { Context } from '../wiring/resolve-context.ts';

/** How long the embedded Postgres stays open for the next request: opening it takes about a second. */
const IDLE_MS = 2_000;

/** How long a request waits while another process uses the embedded Postgres. Somebody looks at the page. */
export const LOCK_WAIT_MS = 5_000;

const SEARCH_LIMITS = { timeoutMs: SEARCH_DEADLINE_MS, deadlineMs: SEARCH_DEADLINE_MS };

/** Services that requests share. */
export interface HeldServices {
  /** Does work with the services, which nobody may keep. */
  use<Result>(work: (services: Services) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

interface Opened {
  readonly services: Services;
  users: number;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Services that are opened for the first request, and kept, except those that nobody else can use meanwhile: the embedded
 * Postgres has a lock, for which a run in another terminal waits, and is closed when no request has used it for a while.
 */
export function holdServices(context: Context, logger: Logger): HeldServices {
  const options = { ...context, logger, guardLimits: SEARCH_LIMITS, lockWaitMs: LOCK_WAIT_MS };
  const kept = openServices(options);
  let opened: Opened | undefined;

  function take(): Opened {
    opened ??= { services: openServices(options), users: 0, idle: undefined };
    clearTimeout(opened.idle);
    opened.users += 1;
    return opened;
  }

  function giveBack(taken: Opened): void {
    taken.users -= 1;
    if (taken.users > 0) return;
    taken.idle = setTimeout(() => {
      if (opened === taken) opened = undefined;
      // What fails to close is of no use to the next request either, which opens its own.
      taken.services.close().catch((error: unknown) => logger.warn('services-not-closed', { error: String(error) }));
    }, IDLE_MS);
    taken.idle.unref();
  }

  return {
    async use(work) {
      const taken = take();
      const { rows, tables } = taken.services;
      let refusal: unknown;
      /** Nobody waits a second time for a lock that was not to be had. */
      async function unlessLocked<Opened>(open: () => Promise<Opened>): Promise<Opened> {
        if (refusal !== undefined) throw refusal;
        try {
          return await open();
        } catch (error) {
          if (isIndexingError(error) && error.code === 'lock-timeout') refusal = error;
          throw error;
        }
      }
      try {
        return await work({
          ...kept,
          rows: (table) => unlessLocked(() => rows(table)),
          tables: (signal) => unlessLocked(() => tables(signal)),
        });
      } finally {
        giveBack(taken);
      }
    },
    async close() {
      clearTimeout(opened?.idle);
      await opened?.services.close();
      await kept.close();
    },
  };
}
