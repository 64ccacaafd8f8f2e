import { afterEach, expect, it, vi } from 'vitest';
import { createConsoleReporter } from './console-reporter.ts';

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['as a task of Nx, which gives it a terminal', true, 'docs'],
  ['without a terminal', false, undefined],
])('%s, progress is a plain line at most every ten seconds', (_, isTTY, project) => {
  vi.stubEnv('NX_TASK_TARGET_PROJECT', project);
  let written = '';
  let at = 0;
  const stream = { isTTY, columns: 80, write: (text: string) => (written += text) };
  const reporter = createConsoleReporter({ volume: 'normal', stream, now: () => at });
  const step = reporter.step('docs', 'load-neon');
  for (at = 1_000; at <= 25_000; at += 1_000) step.onProgress?.(at / 100, 500);
  step.end?.(true);
  expect(written).toBe(
    'docs load-neon  20 %  100/500  10/s  40 s left\ndocs load-neon  40 %  200/500  10/s  30 s left\n',
  );
});
