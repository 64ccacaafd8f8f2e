import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadMutated } from './load-mutated.ts';
import { MUTANTS } from './mutants.ts';
import type { MutantReport } from './run-mutants.ts';

describe('mutants', () => {
  const reports = new Map<string, MutantReport>();

  beforeAll(async () => {
    // In a process of its own, since it loads the code again for each mutant.
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'run-mutants.ts')]);
    for (const line of stdout.trim().split('\n')) {
      const report = JSON.parse(line) as MutantReport;
      reports.set(report.name, report);
    }
  });

  it.each(MUTANTS.map(({ name }) => name))('reconcile fails on code that %s', (name) => {
    expect(reports.get(name)).toMatchObject({ name, state: 'caught' });
  });
});

it.each([
  ['not at all', 'const nowhere', 0],
  ['more than once', 'export type', 2],
])('a mutant whose text the file has %s is refused, and the error names file and text', async (_, find, times) => {
  const file = 'libs/model/src/stores.ts';
  await expect(loadMutated([], { file, find, replace: '' })).rejects.toThrow(
    `expected this text once in ${file}, found it ${times} times: ${find}`,
  );
});
