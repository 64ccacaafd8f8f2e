import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND_TRIALS } from './command-line/command-trials.ts';
import type { Launcher } from './command-line/start-indexer.ts';
import type { InstalledRuntimes } from './install-runtimes.ts';
import type { Outcome } from './report.ts';

/** What became of each command on one runtime. */
export interface RuntimeOutcome {
  /** As in the table, such as `Node 22`. */
  readonly runtime: string;
  readonly outcomes: readonly (Outcome & { readonly command: string })[];
}

/** Runs the main path of the command line from its sources on every runtime, each in a folder of its own. */
export async function checkCommandLine({ programs }: InstalledRuntimes): Promise<RuntimeOutcome[]> {
  const launchers: Readonly<Record<string, Launcher>> = {
    'Node 22': [programs['node 22']],
    'Node 24': [programs['node 24']],
    'Node 26': [process.execPath],
    Deno: [programs.deno, 'run', '--allow-all', '--quiet'],
    Bun: [programs.bun],
  };
  const found: RuntimeOutcome[] = [];
  for (const [runtime, launcher] of Object.entries(launchers)) {
    const folder = mkdtempSync(join(tmpdir(), 'runtimes-command-line-'));
    try {
      const outcomes: RuntimeOutcome['outcomes'][number][] = [];
      for (const [command, trial] of Object.entries(COMMAND_TRIALS)) {
        const problem = await trial({ launcher, folder }).then(() => undefined, String);
        console.log(`${command} on ${runtime}: ${problem === undefined ? 'works' : 'fails'}`);
        outcomes.push({ command, title: `${command} on ${runtime}`, problem });
      }
      found.push({ runtime, outcomes });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return found;
}
