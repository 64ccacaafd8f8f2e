import { measureColdStart } from './cold-start.ts';
import { createInstallFolder, type InstalledSize } from './install-folder.ts';
import { installOldestNode, OLDEST_NODE } from './oldest-node.ts';
import { PUBLISHED_PACKAGES, ROOT } from '../published-packages.ts';
import { readManifest } from '../read-manifest.ts';
import { join } from 'node:path';
import { lockstep, tryReadmeWithoutNx, tryWithEngines, tryWithoutEngines } from './try-command-line.ts';

/** Most that may be installed. */
const LIMITS = {
  'without the engines': { packages: 60, bytes: 60e6 },
  'with the engines': { packages: 70, bytes: 190e6 },
} as const;

/** Uses the command line in an empty folder without Nx, on two versions of Node; tells figures, and says what is wrong. */
export function tryEmptyFolder(registry: string, tell: (line: string) => void): string[] {
  const problems: string[] = [];
  const checkSize = (what: keyof typeof LIMITS, { packages, bytes }: InstalledSize): void => {
    const most = LIMITS[what];
    tell(`installed ${what}: ${packages} packages, ${megabytes(bytes)}`);
    if (packages <= most.packages && bytes <= most.bytes) return;
    problems.push(`Installed ${what}, expected at most ${most.packages} packages and ${megabytes(most.bytes)}.`);
  };
  const folder = createInstallFolder(registry);
  const nodeFolder = createInstallFolder(registry);
  try {
    folder.install('@lockstep/indexer');
    checkSize('without the engines', folder.size());
    const version = lockstep(folder, process.execPath, ['--version']).stdout.trim();
    const expected = readManifest(join(ROOT, PUBLISHED_PACKAGES.indexer.folder)).version;
    if (version !== expected) problems.push(`lockstep --version prints ${version}, expected ${expected}.`);
    problems.push(...tryWithoutEngines(folder, process.execPath));
    const { helpMs, nodeMs } = measureColdStart(folder, process.execPath);
    const times = `${helpMs.toFixed(0)} ms, ${nodeMs.toFixed(0)} ms`;
    tell(`cold start: lockstep --help takes ${(helpMs / nodeMs).toFixed(2)} times as long as node -e 0 (${times})`);

    problems.push(...tryReadmeWithoutNx(folder));
    checkSize('with the engines', folder.size());
    problems.push(...tryWithEngines(folder, process.execPath, `node-${process.versions.node}`));
    problems.push(...tryWithEngines(folder, installOldestNode(nodeFolder), `node-${OLDEST_NODE}`));
    tell(`used in an empty folder on Node ${process.versions.node} and ${OLDEST_NODE}`);
  } finally {
    folder.dispose();
    nodeFolder.dispose();
  }
  return problems;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
