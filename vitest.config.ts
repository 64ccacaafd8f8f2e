import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ALL = ['libs/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/{,testing/}*/src/**/*.test.ts'];

/** Files that stand alone: their second name says that they touch what is outside, or they change what a process shares. */
const ALONE = ['**/*.{contract,fault,http,int}.test.ts', 'tools/testing/postgres/src/postgres-*.test.ts'];

/** Whole workspaces of Nx, which take minutes: `npm run test:nx`. */
const NX = ['**/*.e2e.test.ts'];

/** Many starts of the program, or much to compute, each for one capability: `npm run test:long`. */
const LONG = ['**/*.long.test.ts'];

/** What needs a Chromium: `npm run browser`. */
const BROWSER = ['**/*.browser.test.ts'];

/** Without a record of earlier runs nobody knows which files take longest, but these do; those that share go last. */
const LONGEST = /\.e2e\.test\.ts$|\.int\.test\.ts$|reconcile\.test\.ts$/;

/** The longest files first, so that all workers have something to do until the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const kind = LONGEST.exec(moduleId)?.[0];
      if (kind !== undefined) return kind.includes('e2e') ? 0 : 1;
      return project.name === 'alone' ? 2 : 3;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    globalSetup: ['tools/testing/postgres/src/postgres-global-setup.ts'],
    // Engines start and processes are spawned; two cores are shared by all files.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // All cores: by itself vitest would leave one to itself, which needs none while files run.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE, exclude: ['**/node_modules/**'] } },
      { extends: true, test: { name: 'nx', include: NX, exclude: ['**/node_modules/**'] } },
      { extends: true, test: { name: 'long', include: LONG, exclude: ['**/node_modules/**'] } },
      {
        extends: true,
        test: { name: 'browser', include: BROWSER, exclude: ['**/node_modules/**'], fileParallelism: false },
      },
      {
        extends: true,
        test: { name: 'together', include: ALL, exclude: [...ALONE, ...NX, ...LONG, ...BROWSER], isolate: false },
      },
    ],
  },
});
