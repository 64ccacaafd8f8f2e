import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a program ended. */
export interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Packages on disk. */
export interface InstalledSize {
  readonly packages: number;
  readonly bytes: number;
}

/** A folder of a user who has neither Nx nor this repository. */
export interface InstallFolder {
  readonly root: string;
  /** Installs packages as a user does. Throws what npm says if it fails. */
  install(...specs: readonly string[]): void;
  size(): InstalledSize;
  /** Runs a program in a folder. */
  run(program: string, args: readonly string[], cwd?: string): Ended;
  dispose(): void;
}

/** Variables that choose services, and those with which npm and Nx run their own scripts, in colours too. */
const DROPPED =
  /^(OPENAI_|QDRANT_|NEON_|LOCKSTEP_|NX_|npm_(?!config_(registry|cache|userconfig)$)|NODE_OPTIONS$|FORCE_COLOR$|INIT_CWD$)/i;

export function createInstallFolder(): InstallFolder {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-packages-')));
  writeFileSync(join(root, 'package.json'), '{ "name": "a-user", "private": true, "type": "module" }\n');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !DROPPED.test(name)));

  const run: InstallFolder['run'] = (program, args, cwd = root) => {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd,
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
      shell: process.platform === 'win32' && program === 'npm',
    });
    if (error !== undefined) throw error;
    return { exit: status, stdout, stderr };
  };
  return {
    root,
    run,
    install(...specs) {
      const { exit, stderr } = run('npm', ['install', '--no-audit', '--no-fund', ...specs]);
      if (exit !== 0) throw new Error(`npm install ${specs.join(' ')} ended with ${exit}:\n${stderr}`);
    },
    size: () => installedSize(join(root, 'node_modules')),
    dispose: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Counts what is under `node_modules`, and its blocks on disk where the platform tells. */
function installedSize(folder: string): InstalledSize {
  let [packages, bytes] = [0, 0];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if (entry.name === 'package.json' && /node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+$/.test(entry.parentPath))
      packages += 1;
    const { blocks, size } = lstatSync(join(entry.parentPath, entry.name));
    bytes += Number.isFinite(blocks) ? blocks * 512 : size;
  }
  return { packages, bytes };
}
