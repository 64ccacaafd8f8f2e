import { createHash } from 'node:crypto';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npm } from './npm.ts';
import { ROOT } from '../published-packages.ts';

/** A folder with a package-lock.json of its own, which no install of the workspace reads: a registry, and pnpm. */
export const TRIAL_TOOLS = join(ROOT, 'tools/packages/installed');

/** Installs these programs once for each package-lock.json. No script of a package is run, since none is needed. */
export function installTrialTools(): void {
  const stamp = join(TRIAL_TOOLS, 'node_modules/.installed-from');
  const wanted = createHash('sha256')
    .update(readFileSync(join(TRIAL_TOOLS, 'package-lock.json')))
    .digest('hex');
  if (read(stamp) === wanted) return;
  rmSync(stamp, { force: true });
  npm(TRIAL_TOOLS, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}

/** The folder of the installed pnpm, for the search path. */
export function pnpmFolder(): string {
  const [program] = globSync('node_modules/pnpm-*/pnpm{,.exe}', { cwd: TRIAL_TOOLS });
  if (program === undefined) throw new Error(`No package of ${TRIAL_TOOLS} has pnpm for this platform.`);
  return join(TRIAL_TOOLS, dirname(program));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
