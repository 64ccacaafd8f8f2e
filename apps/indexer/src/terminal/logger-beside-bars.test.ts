import { expect, it } from 'vitest';
import { loggerBesideBars } from './logger-beside-bars.ts';
import { createProgress } from './progress.ts';

it('a line on a terminal stands on a line of its own, whichever bars are there, and the bars come again', () => {
  let written = '';
  let at = 0;
  const stream = { isTTY: true, write: (text: string) => (written += text) };
  const bars = ['embed', 'load'].map((stage) => createProgress({ stage, stream, now: () => at }));
  const log = (event: string) => stream.write(`${event}\n`);
  const logger = loggerBesideBars({ debug: log, info: log, warn: log }, bars);
  at = 2000;
  bars[0]?.update(1, undefined);
  logger.info('embedded');
  logger.warn('again');
  at = 4000;
  bars[0]?.update(2, undefined);
  const removed = '\r\u001B[K';
  expect(written).toBe(`${removed}embed 1${removed}embedded\nagain\n${removed}embed 2`);
});
