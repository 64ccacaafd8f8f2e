import type { Logger } from '@lockstep/model';
import type { StepReport } from '@lockstep/pipeline';

/** Where what is done is told: a terminal, or the program that called. */
export interface Reporter {
  /** For what happens outside of steps. `scope` names a corpus or a command. */
  logger(scope: string): Logger;
  /** For a step of a corpus, which has begun: a stage, `plan`, `repair` or `recover`. */
  step(corpus: string, step: string): StepReport;
}
