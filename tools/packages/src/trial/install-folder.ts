import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { pnpmFolder } from '../registry/trial-tools.ts';

/** Package managers that the packages are tried with. */
export type Manager = 'npm' | 'pnpm';

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

/** A folder of a user who does not have this repository. */
export interface InstallFolder {
  readonly root: string;
  /** Variables of every program that is run there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Installs packages as a user does. Throws what the package manager says if it fails. */
  install(...specs: readonly string[]): void;
  size(): InstalledSize;
  /** Runs a program in a folder. Throws what it printed if it does not end. */
  run(program: string, args: readonly string[], cwd?: string): Ended;
  /** Runs a line as a user types it. */
  type(line: string): Ended;
  dispose(): void;
}

/** Far longer than a command takes, with a slow registry too. */
const TIMEOUT_MS = 15 * 60_000;

/** Variables that choose services, and those with which npm and Nx run their own scripts, in colours too. */
const DROPPED =
  /^(OPENAI_|QDRANT_|NEON_|LOCKSTEP_|NX_|npm_(?!config_(registry|cache|(user|global)config|(https?_)?proxy|noproxy|ca(file)?|strict_ssl)$)|NODE_OPTIONS$|FORCE_COLOR$|INIT_CWD$)/i;

const INSTALL: Readonly<Record<Manager, readonly string[]>> = {
  npm: ['install', '--no-audit', '--no-fund'],
  pnpm: ['add'],
};

/** Makes an empty folder in which our packages come from `registry`, and those of others from the usual one. */
export function createInstallFolder(registry: string, manager: Manager = 'npm'): InstallFolder {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-packages-')));
  const root = join(parent, 'workspace');
  mkdirSync(root);
  writeFileSync(join(root, 'package.json'), '{ "name": "a-user", "version": "0.0.0", "private": true }\n');
  writeFileSync(join(root, '.npmrc'), `@lockstep:registry=${registry}\n`);
  if (manager === 'pnpm') writeFileSync(join(root, 'pnpm-workspace.yaml'), pnpmSettings(join(parent, 'store')));
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^path$/i.test(name) && !DROPPED.test(name))),
    PATH: searchPath(),
  };

  const run = (program: string, args: readonly string[], cwd = root, shell = false): Ended => {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd,
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      shell,
    });
    const shown = [program, ...args].join(' ');
    if (error !== undefined) throw new Error(`${shown} failed: ${error.message}\n${stdout}${stderr}`, { cause: error });
    return { exit: status, stdout, stderr };
  };
  return {
    root,
    env,
    run,
    type: (line) => run(line, [], root, true),
    install(...specs) {
      const line = [manager, ...INSTALL[manager], ...specs].join(' ');
      const { exit, stdout, stderr } = run(line, [], root, true);
      if (exit !== 0) throw new Error(`${line} ended with ${exit}:\n${stdout}${stderr}`);
    },
    size: () => installedSize(join(root, 'node_modules')),
    dispose: () => rmSync(parent, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** This Node and pnpm, then what the user has; nothing of this repository. */
function searchPath(): string {
  const own = [dirname(process.execPath), pnpmFolder()];
  const inherited = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return [...own, ...inherited].join(delimiter);
}

/** What a workspace with pnpm has: Nx may run its script, and packages are stored beside the workspace. */
function pnpmSettings(store: string): string {
  return `allowBuilds:
  nx: true
# They were published a moment ago.
minimumReleaseAgeExclude:
  - '@lockstep/*'
storeDir: ${JSON.stringify(store)}
`;
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

/** What a program printed, without colours, which Nx asks for, and how it ended. */
export function printed({ exit, stdout, stderr }: Ended): string {
  return `${stripVTControlCharacters(stdout + stderr)}\nexit ${exit}`;
}
