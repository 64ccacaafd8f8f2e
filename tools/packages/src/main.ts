/** Packs the built packages, checks them, and uses them in an empty folder without Nx, as `npm run packages`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTarball } from './trial/check-tarball.ts';
import { measureColdStart } from './trial/cold-start.ts';
import { createInstallFolder, type InstalledSize } from './trial/install-folder.ts';
import { installOldestNode, OLDEST_NODE } from './trial/oldest-node.ts';
import { packPackage } from './trial/pack-package.ts';
import { PUBLISHED_PACKAGES, ROOT } from './published-packages.ts';
import { lockstep, tryWithEngines, tryWithoutEngines } from './trial/try-command-line.ts';
import { supportedNxVersions, tryNxWorkspace } from './trial/try-nx-workspace.ts';

/** Most that may be installed. */
const LIMITS = {
  'without the engines': { packages: 60, bytes: 60e6 },
  'with the engines': { packages: 70, bytes: 190e6 },
} as const;

const problems: string[] = [];
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function checkSize(what: keyof typeof LIMITS, { packages, bytes }: InstalledSize): void {
  tell(`installed ${what}: ${packages} packages, ${megabytes(bytes)}`);
  const most = LIMITS[what];
  if (packages <= most.packages && bytes <= most.bytes) return;
  problems.push(`Installed ${what}, expected at most ${most.packages} packages and ${megabytes(most.bytes)}.`);
}

const tarballs = mkdtempSync(join(tmpdir(), 'lockstep-tarballs-'));
const folder = createInstallFolder();
try {
  const packed = new Map(
    Object.entries(PUBLISHED_PACKAGES).map(([project, published]) => [project, packPackage(published, tarballs)]),
  );
  for (const [project, tarball] of packed) {
    tell(
      `${tarball.name} ${tarball.version}: ${megabytes(tarball.bytes)}, unpacked ${megabytes(tarball.unpackedBytes)}`,
    );
    const dist = join(ROOT, PUBLISHED_PACKAGES[project as keyof typeof PUBLISHED_PACKAGES].folder, 'dist');
    problems.push(...(await checkTarball(tarball, dist)));
  }
  const fileOf = (project: keyof typeof PUBLISHED_PACKAGES): string => packed.get(project)?.file ?? project;

  folder.install(fileOf('indexer'));
  checkSize('without the engines', folder.size());
  const version = lockstep(folder, process.execPath, ['--version']).stdout.trim();
  if (version !== packed.get('indexer')?.version) problems.push(`lockstep --version prints ${version}.`);
  problems.push(...tryWithoutEngines(folder, process.execPath));
  const { helpMs, nodeMs } = measureColdStart(folder, process.execPath);
  const times = `${helpMs.toFixed(0)} ms, ${nodeMs.toFixed(0)} ms`;
  tell(`cold start: lockstep --help takes ${(helpMs / nodeMs).toFixed(2)} times as long as node -e 0 (${times})`);

  folder.install(fileOf('indexer'), fileOf('embedded'));
  checkSize('with the engines', folder.size());
  problems.push(...tryWithEngines(folder, process.execPath, `node-${process.versions.node}`));
  const node = createInstallFolder();
  try {
    problems.push(...tryWithEngines(folder, installOldestNode(node), `node-${OLDEST_NODE}`));
  } finally {
    node.dispose();
  }
  const files = [...packed.values()].map(({ file }) => file);
  const nxVersions = supportedNxVersions();
  for (const versions of nxVersions) problems.push(...tryNxWorkspace(files, versions));
  const ofNx = nxVersions.map(({ nx }) => nx).join(' and ');
  tell(`used on Node ${process.versions.node} and ${OLDEST_NODE}, and in new workspaces with Nx ${ofNx}`);
} finally {
  folder.dispose();
  rmSync(tarballs, { recursive: true, force: true });
}
for (const problem of problems) process.stderr.write(`\n${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
