import type { LogFields } from '@lockstep/model';
import type { Reporter } from '../terminal/reporter.ts';

/** What is told while an operation runs: the facts that the command line shows on stderr. */
export type IndexEvent =
  | StageStarted
  | StageProgress
  | StageEnded
  /** An event of a library, such as `batch-embedded` or `retry-scheduled`. Holds no secret, text or vector. */
  | LogEvent;

/** A stage began, or `plan` or `repair`. */
export interface StageStarted {
  readonly type: 'stage-started';
  readonly corpus: string;
  readonly stage: string;
}

export interface StageProgress {
  readonly type: 'progress';
  readonly corpus: string;
  readonly stage: string;
  readonly done: number;
  /** Undefined while it is not known. */
  readonly total: number | undefined;
}

export interface StageEnded {
  readonly type: 'stage-ended';
  readonly corpus: string;
  readonly stage: string;
  /** False if it failed; the operation then fails with its error. */
  readonly ok: boolean;
}

export interface LogEvent {
  readonly type: 'log';
  readonly level: 'debug' | 'info' | 'warn';
  readonly corpus: string;
  /** Undefined for what happens outside of stages. */
  readonly stage: string | undefined;
  /** A noun and an action, such as `batch-embedded`. */
  readonly event: string;
  readonly fields: LogFields;
}

/** Tells the program that called, by events. */
export function createEventReporter(onEvent: (event: IndexEvent) => void): Reporter {
  const logger = (corpus: string, stage?: string) => {
    const at =
      (level: LogEvent['level']) =>
      (event: string, fields: LogFields = {}) =>
        onEvent({ type: 'log', level, corpus, stage, event, fields });
    return { debug: at('debug'), info: at('info'), warn: at('warn') };
  };
  return {
    logger,
    step(corpus, stage) {
      onEvent({ type: 'stage-started', corpus, stage });
      return {
        logger: logger(corpus, stage),
        onProgress: (done, total) => onEvent({ type: 'progress', corpus, stage, done, total }),
        end: (ok) => onEvent({ type: 'stage-ended', corpus, stage, ok }),
      };
    },
  };
}
