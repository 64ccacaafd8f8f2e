import { useEffect, useState } from 'preact/hooks';
import type { ServeSettings } from '@lockstep/report';
import type { Server } from './server.ts';
import type { KnownRuns, RunsWatch } from './watch-runs.ts';

/** What every live panel gets. */
export interface LiveProps {
  readonly server: Server;
  readonly watch: RunsWatch;
  readonly settings: Promise<ServeSettings>;
}

/** What is known of runs, as it changes. */
export function useRuns(watch: RunsWatch): KnownRuns {
  const [known, setKnown] = useState(watch.known());
  useEffect(() => {
    const tell = (): void => setKnown(watch.known());
    tell();
    return watch.subscribe(tell);
  }, [watch]);
  return known;
}

/** The settings of the server; undefined until they are known. */
export function useSettings(settings: Promise<ServeSettings>): ServeSettings | undefined {
  const [known, setKnown] = useState<ServeSettings>();
  useEffect(() => {
    // Where they cannot be had, nothing that needs them is offered; the page says that the server does not answer.
    settings.then(setKnown, () => {});
  }, [settings]);
  return known;
}

/** The time now, every second while `isWanted`. */
export function useNow(isWanted: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isWanted) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isWanted]);
  return now;
}

/** The message of a failure. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
