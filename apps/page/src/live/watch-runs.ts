import { EventSourceParserStream } from 'eventsource-parser/stream';
import { hasEnded, type RunsEvent, type RunView } from '@lockstep/report';
import type { Server } from './server.ts';

/** Between the loss of a connection and the next one. */
const RETRY_MS = 1_000;

/** What the page knows of runs. */
export interface KnownRuns {
  /** The latest first. */
  readonly runs: readonly RunView[];
  /** How far the clock of the server is ahead of that of the browser, in milliseconds. */
  readonly aheadMs: number;
  /** Why nothing is told now; undefined while the server tells. */
  readonly problem: string | undefined;
}

export interface RunsWatch {
  known(): KnownRuns;
  /** Calls `tell` after each change; returns a function that ends it. */
  subscribe(tell: () => void): () => void;
  /** Calls `tell` when a run has ended; returns a function that ends it. */
  onEnd(tell: () => void): () => void;
}

/** Reads the events of the server for as long as the page is open, and again where the connection is lost. */
export function watchRuns(server: Server): RunsWatch {
  let known: KnownRuns = { runs: [], aheadMs: 0, problem: undefined };
  const watchers = new Set<() => void>();
  const enders = new Set<() => void>();

  function change(next: KnownRuns): void {
    known = next;
    for (const tell of watchers) tell();
  }

  function take({ now, runs }: RunsEvent, isFirst: boolean): void {
    const before = new Map(known.runs.map((run) => [run.id, run]));
    const ended = runs.some((run) => hasEnded(run) && before.has(run.id) && !hasEnded(before.get(run.id) as RunView));
    // The first event of a connection has all that there are; the server may be another one.
    const all = isFirst ? new Map<string, RunView>() : before;
    for (const run of runs) all.set(run.id, run);
    const sorted = [...all.values()].toSorted((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1));
    change({ runs: sorted, aheadMs: Date.parse(now) - Date.now(), problem: undefined });
    if (ended) for (const tell of enders) tell();
  }

  async function read(): Promise<void> {
    const response = await server.open('/api/events', new AbortController().signal);
    let isFirst = true;
    const events = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    const reader = events.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error('The server has ended the connection.');
      take(JSON.parse(value.data) as RunsEvent, isFirst);
      isFirst = false;
    }
  }

  async function keepReading(): Promise<void> {
    for (;;) {
      await read().catch((error: unknown) => change({ ...known, problem: (error as Error).message }));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  void keepReading();

  const adding = (to: Set<() => void>) => (tell: () => void) => {
    to.add(tell);
    return () => void to.delete(tell);
  };
  return { known: () => known, subscribe: adding(watchers), onEnd: adding(enders) };
}
