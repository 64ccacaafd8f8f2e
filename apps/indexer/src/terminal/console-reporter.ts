import type { Reporter } from './reporter.ts';
import { createConsoleLogger, type Volume } from './console-logger.ts';
import { loggerBesideBars } from './logger-beside-bars.ts';
import { createProgress, type Progress } from './progress.ts';

/** Tells people, on stderr. */
export function createConsoleReporter(volume: Volume): Reporter {
  const bars = new Set<Progress>();
  const logger = (prefix: string) => loggerBesideBars(createConsoleLogger({ volume, prefix }), bars);
  return {
    logger,
    step(corpus, step) {
      const prefix = `${corpus} ${step}`;
      const bar = createProgress({ stage: prefix, stream: process.stderr, now: Date.now });
      if (volume !== 'quiet') bars.add(bar);
      return {
        logger: logger(prefix),
        onProgress: (done, total) => {
          if (volume !== 'quiet') bar.update(done, total);
        },
        end: () => {
          bar.end();
          bars.delete(bar);
        },
      };
    },
  };
}
