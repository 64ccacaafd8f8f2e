import type { Logger } from '@lockstep/model';
import type { Step, StepReport } from '@lockstep/pipeline';

/** What has a progress of its own. */
export type ReportedStep = Step | 'inspect' | 'evaluate';

/** Where what is done is told: a terminal, or the program that called. */
export interface Reporter {
  /** For what happens outside of steps. `scope` names a corpus or a command. */
  logger(scope: string): Logger;
  /** For a step of a corpus, which has begun. `price` is in US dollars for a million tokens, undefined where it is not known. */
  step(corpus: string, step: ReportedStep, price?: number): StepReport;
}
