import { afterEach, expect, it, vi } from 'vitest';
import { preTasksExecution } from './pre-tasks-execution.ts';

afterEach(() => vi.unstubAllEnvs());

const context = { id: '1', workspaceRoot: '/', nxJsonConfiguration: {}, argv: [] };

it('each invocation of Nx gives its tasks a new trace, also in a process that has that of the one before', async () => {
  vi.stubEnv('LOCKSTEP_TRACEPARENT', undefined);
  const given: (string | undefined)[] = [];
  for (let invocation = 0; invocation < 2; invocation += 1) {
    await preTasksExecution(undefined, context);
    given.push(process.env['LOCKSTEP_TRACEPARENT']);
  }
  for (const value of given) expect(value).toMatch(/^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-01$/);
  expect(given[0]).not.toBe(given[1]);
});
