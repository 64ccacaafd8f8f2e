import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND_TRIALS } from './command-line/command-trials.ts';
import { installPackages } from './command-line/install-packages.ts';
import type { Launcher } from './command-line/start-indexer.ts';
import type { InstalledRuntimes } from './install-runtimes.ts';
import type { Outcome } from './report.ts';

/** What became of each command on one runtime. */
export interface RuntimeOutcome {
  /** As in the table, such as `Node 22`. */
  readonly runtime: string;
  readonly outcomes: readonly (Outcome & { readonly command: string })[];
}

const SOURCES = join(import.meta.dirname, '../../../apps/indexer/bin/indexer.js');

/** Runs the main path of the command line on every runtime, from the packages for npm and from the sources. */
export async function checkCommandLine({ programs }: InstalledRuntimes): Promise<RuntimeOutcome[]> {
  const launchers: Readonly<Record<string, Launcher>> = {
    'Node 22': [programs['node 22']],
    'Node 24': [programs['node 24']],
    'Node 26': [process.execPath],
    Deno: [programs.deno, 'run', '--allow-all', '--quiet'],
    Bun: [programs.bun],
  };
  const folder = mkdtempSync(join(tmpdir(), 'runtimes-packages-'));
  try {
    const binaries = { packages: installPackages(folder), sources: SOURCES };
    const found: RuntimeOutcome[] = [];
    for (const [runtime, launcher] of Object.entries(launchers)) {
      const outcomes: RuntimeOutcome['outcomes'][number][] = [];
      for (const [from, binary] of Object.entries(binaries)) {
        outcomes.push(...(await tryCommands([...launcher, binary], `on ${runtime} from the ${from}`)));
      }
      found.push({ runtime, outcomes });
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs every command in a new folder. */
async function tryCommands(launcher: Launcher, where: string): Promise<RuntimeOutcome['outcomes'][number][]> {
  const folder = mkdtempSync(join(tmpdir(), 'runtimes-command-line-'));
  try {
    const outcomes: RuntimeOutcome['outcomes'][number][] = [];
    for (const [command, trial] of Object.entries(COMMAND_TRIALS)) {
      const problem = await trial({ launcher, folder }).then(() => undefined, String);
      console.log(`${command} ${where}: ${problem === undefined ? 'works' : 'fails'}`);
      outcomes.push({ command, title: `${command} ${where}`, problem });
    }
    return outcomes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
