import { refusal } from '@lockstep/routes';
import { newRunId } from '../../wiring/open-services.ts';
import type { Context } from '../../wiring/resolve-context.ts';
import { createOwnRun, type OwnRun, type RunEnd } from './own-run.ts';
import type { RunBoard } from './run-board.ts';
import type { RunKind, RunView } from '@lockstep/report';

/** Starts runs for pages, one at a time for each corpus. */
export interface RunStarter {
  /** Starts it, and does not wait for its end. Fails with `run-under-way`. */
  start(
    corpus: string,
    kind: RunKind,
    work: (watched: Pick<Context, 'signal' | 'reporter'>) => Promise<RunEnd>,
  ): RunView;
  /** Tells the run of a corpus to stop; whether there is one. */
  stop(corpus: string): boolean;
  isRunning(corpus: string): boolean;
  /** When every run has ended: whether each was done. */
  ended(): Promise<boolean>;
}

export interface RunStarterOptions {
  readonly context: Context;
  readonly board: RunBoard;
  readonly hide: (text: string) => string;
}

export function createRunStarter({ context, board, hide }: RunStarterOptions): RunStarter {
  const running = new Map<string, { readonly run: OwnRun; readonly ended: Promise<void> }>();
  return {
    start(corpus, kind, work) {
      if (running.has(corpus)) throw refusal('run-under-way', `A run of ${corpus} is under way in this server`);
      const id = newRunId();
      const run: OwnRun = createOwnRun({
        ...{ id, corpus, kind, hide, signal: context.signal, terminal: context.reporter },
        onChange: () => board.changed(id, run.view),
      });
      const ended = run
        .carryOut(() => work({ signal: run.signal, reporter: run.reporter }))
        .finally(() => running.delete(corpus));
      running.set(corpus, { run, ended });
      board.changed(id, run.view);
      return run.view();
    },
    stop(corpus) {
      const found = running.get(corpus);
      found?.run.stop();
      return found !== undefined;
    },
    isRunning: (corpus) => running.has(corpus),
    async ended() {
      const last = [...running.values()];
      await Promise.all(last.map(({ ended }) => ended));
      return last.every(({ run }) => run.view().state === 'done');
    },
  };
}
