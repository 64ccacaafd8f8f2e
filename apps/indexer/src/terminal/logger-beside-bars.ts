import type { Logger } from '@lockstep/model';
import type { Progress } from './progress.ts';

/** A logger on a terminal that also has progress bars: they are removed before each line, and drawn anew with their next step. */
export function loggerBesideBars(logger: Logger, bars: Iterable<Progress>): Logger {
  const removeBars = (): void => {
    for (const bar of bars) bar.end();
  };
  const besideBars =
    (log: Logger['info']): Logger['info'] =>
    (event, fields) => {
      removeBars();
      log(event, fields);
    };
  return { debug: besideBars(logger.debug), info: besideBars(logger.info), warn: besideBars(logger.warn) };
}
