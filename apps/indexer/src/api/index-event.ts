import type { LogFields } from '@lockstep/model';
import type { ReportedStep, Reporter } from '../terminal/reporter.ts';

/** What is told while an operation runs: the facts that the command line shows on stderr. */
export type IndexEvent = StageStarted | StageProgress | StageEnded | LogEvent;

/** A stage began, or `plan` or `repair`. Stages overlap: both loads of a run go on side by side. */
export interface StageStarted {
  readonly type: 'stage-started';
  readonly corpus: string;
  readonly stage: ReportedStep;
}

/** How far a stage is; `done` never falls. Between `stage-started` and `stage-ended` of its stage. */
export interface StageProgress {
  readonly type: 'progress';
  readonly corpus: string;
  readonly stage: ReportedStep;
  /** Records that were read (validate), chunks whose vector is known (embed, verify), points or rows written (loads). */
  readonly done: number;
  /** The `done` of a stage that is through; undefined while it is not known. */
  readonly total: number | undefined;
}

/** A stage ended. After the last one, the operation ends. */
export interface StageEnded {
  readonly type: 'stage-ended';
  readonly corpus: string;
  readonly stage: ReportedStep;
  /** False if it failed; the operation then fails with its error. */
  readonly ok: boolean;
}

/** An event of a library. Holds no secret, text or vector. Names and fields may change between versions. */
export interface LogEvent {
  readonly type: 'log';
  readonly level: 'debug' | 'info' | 'warn';
  readonly corpus: string;
  /** Undefined for what happens outside of stages. */
  readonly stage: ReportedStep | undefined;
  /** A noun and an action, such as `batch-embedded` or `retry-scheduled`. */
  readonly event: string;
  /** Its facts by name, such as `{ itemCount: 64 }`. */
  readonly fields: LogFields;
}

/** Tells the program that called, by events. `onEvent` must not throw: events come from deep inside of libraries. */
export function createEventReporter(onEvent: (event: IndexEvent) => void): Reporter {
  const logger = (corpus: string, stage?: ReportedStep) => {
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
