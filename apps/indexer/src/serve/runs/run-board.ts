import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, type RunView } from '@lockstep/report';

/** Ended runs that are remembered. */
const ENDED_MAX = 20;

/** Between two messages to one page: validate tells its progress with every record. */
const TELL_EVERY_MS = 100;

/** Where what is known of runs stands, for all pages that watch. */
export interface RunBoard {
  /** Adds a run, or says that what `view` gives has changed. */
  changed(id: string, view: () => RunView): void;
  get(id: string): RunView | undefined;
  views(): RunView[];
  /**
   * All runs at first, and then those that have changed, until the signal aborts. Who reads slowly is told less often, and
   * always the latest of each run.
   */
  watch(signal: AbortSignal): AsyncGenerator<readonly RunView[], void, void>;
  /** How many watch. */
  watchers(): number;
}

interface Watcher {
  readonly changed: Set<string>;
  wake: () => void;
}

export function createRunBoard(): RunBoard {
  const runs = new Map<string, () => RunView>();
  const watchers = new Set<Watcher>();

  function forgetOld(): void {
    const ended = [...runs].filter(([, view]) => hasEnded(view()));
    for (const [id] of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) runs.delete(id);
  }

  const viewOf = (id: string): RunView[] => {
    const view = runs.get(id);
    return view === undefined ? [] : [view()];
  };

  return {
    changed(id, view) {
      if (!runs.has(id)) forgetOld();
      runs.set(id, view);
      for (const watcher of watchers) {
        watcher.changed.add(id);
        watcher.wake();
      }
    },
    get: (id) => runs.get(id)?.(),
    views: () => [...runs.values()].map((view) => view()),
    watchers: () => watchers.size,
    async *watch(signal) {
      const watcher: Watcher = { changed: new Set(runs.keys()), wake: () => {} };
      watchers.add(watcher);
      const stop = (): void => watcher.wake();
      signal.addEventListener('abort', stop, { once: true });
      let isFirst = true;
      try {
        while (!signal.aborted) {
          if (watcher.changed.size === 0 && !isFirst) {
            await new Promise<void>((resolve) => (watcher.wake = resolve));
            continue;
          }
          isFirst = false;
          const ids = [...watcher.changed];
          watcher.changed.clear();
          yield ids.flatMap(viewOf);
          await delay(TELL_EVERY_MS, undefined, { signal }).catch(() => {});
        }
      } finally {
        watchers.delete(watcher);
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
