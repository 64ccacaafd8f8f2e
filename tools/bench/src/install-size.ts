import { execFileSync } from 'node:child_process';
import { cpSync, globSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tableOf } from './markdown-table.ts';

const ROOT = join(import.meta.dirname, '../../..');

const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { workspaces: string[] };

/** What npm needs to install the workspace; without the sources, what is counted is what it fetched. */
const MANIFESTS = ['.', ...workspaces].map((folder) => `${folder}/package.json`).concat('package-lock.json', '.npmrc');

/** Packages that have a line of their own. */
const LARGEST = 15;

/** Bytes on disk of each package, by its name. */
type Sizes = ReadonlyMap<string, number>;

/** Installs the workspace twice from the lockfile, all of it and without development packages, and tells the sizes. */
export function installReport(tell: (what: string) => void): string {
  const [all, program] = [[], ['--omit=dev']].map((flags) => {
    tell(['npm ci', ...flags].join(' '));
    return installedSizes(flags);
  }) as [Sizes, Sizes];
  const total = (sizes: Sizes): number => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const row = (name: string, ...bytes: (number | undefined)[]): string[] => [
    name,
    ...bytes.map((size) => (size === undefined ? '' : (size / 1e6).toFixed(1))),
  ];
  const largest = [...all].toSorted(([, one], [, other]) => other - one).slice(0, LARGEST);
  return tableOf(
    ['MB', 'npm ci', 'npm ci --omit=dev'],
    [
      row(`all: ${all.size} packages, ${program.size} without development`, total(all), total(program)),
      ...largest.map(([name, bytes]) => row(name, bytes, program.get(name))),
    ],
  );
}

function installedSizes(flags: readonly string[]): Sizes {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-install-'));
  try {
    for (const file of globSync(MANIFESTS, { cwd: ROOT })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(ROOT, file), join(folder, file));
    }
    execFileSync('npm', ['ci', ...flags], { cwd: folder, shell: process.platform === 'win32', stdio: 'pipe' });
    return sizesIn(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizesIn(folder: string): Sizes {
  const sizes = new Map<string, number>();
  for (const entry of readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })) {
    // The innermost package that a file is in; links to the workspace's own and to programs have no size.
    const [, name] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^.@\\/][^\\/]*)/.exec(entry.parentPath) ?? [];
    if (name === undefined || !entry.isFile()) continue;
    const { blocks } = lstatSync(join(entry.parentPath, entry.name));
    sizes.set(name, (sizes.get(name) ?? 0) + blocks * 512);
  }
  return sizes;
}
