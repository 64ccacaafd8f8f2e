import type { Reporter } from './reporter.ts';
import { createConsoleLogger } from './console-logger.ts';
import { loggerBesideBars } from './logger-beside-bars.ts';
import { createProgress, type Progress } from './progress.ts';

/** Tells people, on stderr. */
export function createConsoleReporter(verbose: boolean): Reporter {
  const bars = new Set<Progress>();
  const logger = (prefix: string) => loggerBesideBars(createConsoleLogger({ verbose, prefix }), bars);
  return {
    logger,
    step(corpus, step) {
      const prefix = `${corpus} ${step}`;
      const bar = createProgress({ stage: prefix, stream: process.stderr, now: Date.now });
      bars.add(bar);
      return {
        logger: logger(prefix),
        onProgress: (done, total) => bar.update(done, total),
        end: () => {
          bar.end();
          bars.delete(bar);
        },
      };
    },
  };
}
