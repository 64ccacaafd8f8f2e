/**
 * Source of modules that stand for vitest in a Worker, where vitest itself does not run: the same runner and the same
 * assertions, from the packages that vitest publishes them in. They are no files, since the workspace does not have these
 * packages.
 */
export const VITEST_IN_WORKER: Readonly<Record<string, string>> = {
  /** What suites import. */
  vitest: `
    import * as chai from 'chai';
    import {
      ASYMMETRIC_MATCHERS_OBJECT, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState,
    } from '@vitest/expect';
    export { afterAll, afterEach, beforeAll, beforeEach, describe, it } from '@vitest/runner';
    chai.use(JestExtend);
    chai.use(JestChaiExpect);
    chai.use(JestAsymmetricMatchers);
    export const expect = (value, message) => chai.expect(value, message);
    Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
    globalThis[GLOBAL_EXPECT] = expect;
    setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect);
    export const inject = () => undefined;
  `,
  /** Runs the tests that \`register\` registers, and returns each with its problem. */
  'run-suites': `
    import { startTests } from '@vitest/runner';
    export async function runSuites(register) {
      const config = {
        root: '/', setupFiles: [], passWithNoTests: false, allowOnly: false, tags: [], strictTags: false,
        sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
        maxConcurrency: 1, testTimeout: 60_000, hookTimeout: 60_000, retry: 0, includeTaskLocation: false,
      };
      const files = await startTests(['/suites'], { config, importFile: register, pool: 'worker' });
      return files.flatMap((file) => outcomes(file, ''));
    }
    function outcomes(task, above) {
      const title = task.type === 'suite' && task.filepath ? '' : (above + ' > ' + task.name).replace(/^ > /, '');
      const problem = task.result?.errors?.map((error) => error.stack ?? error.message ?? String(error)).join('; ');
      const own = task.type === 'test' || problem !== undefined;
      const missing = task.type === 'test' && task.result?.state !== 'pass' ? 'it ended as ' + (task.result?.state ?? task.mode) : undefined;
      return [
        ...(own ? [{ title, problem: problem ?? missing }] : []),
        ...(task.tasks ?? []).flatMap((inner) => outcomes(inner, title)),
      ];
    }
  `,
};
