/** Packs the built packages, checks them, publishes them on loopback, and uses them as a user does: `npm run packages`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PUBLISHED_PACKAGES, ROOT, type PublishedPackage } from './published-packages.ts';
import { publishPackages } from './registry/publish-packages.ts';
import { startRegistry } from './registry/start-registry.ts';
import { installTrialTools } from './registry/trial-tools.ts';
import { checkTarball } from './trial/check-tarball.ts';
import { packPackage } from './trial/pack-package.ts';
import { tryEmptyFolder } from './trial/try-empty-folder.ts';
import { tryNxWorkspace, type NxWorkspace } from './trial/try-nx-workspace.ts';
import { readManifest } from './read-manifest.ts';

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

/** The newest Nx and the one before; the older one in a workspace that has plugins of its version, as most have. */
const WORKSPACES: readonly NxWorkspace[] = [
  { manager: 'npm', packages: [`nx@${readManifest(ROOT).devDependencies?.['nx'] ?? ''}`], thoroughly: true },
  { manager: 'pnpm', packages: [`nx@${readManifest(ROOT).devDependencies?.['nx'] ?? ''}`], thoroughly: true },
  { manager: 'npm', packages: ['nx@23', '@nx/devkit@23'], thoroughly: false },
];

async function checkTarballs(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-tarballs-'));
  const problems: string[] = [];
  try {
    for (const published of Object.values<PublishedPackage>(PUBLISHED_PACKAGES)) {
      const tarball = packPackage(published, folder);
      const [packed, unpacked] = [tarball.bytes, tarball.unpackedBytes].map((bytes) => (bytes / 1e6).toFixed(1));
      tell(`${tarball.name} ${tarball.version}: ${packed} MB, unpacked ${unpacked} MB`);
      problems.push(...(await checkTarball(tarball, join(ROOT, published.folder, 'dist'))));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return problems;
}

const problems = await checkTarballs();
installTrialTools();
const registry = await startRegistry();
try {
  publishPackages(registry.url);
  problems.push(...tryEmptyFolder(registry.url, tell));
  for (const workspace of WORKSPACES) {
    const start = performance.now();
    problems.push(...(await tryNxWorkspace(registry.url, workspace)));
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    tell(`used in a new workspace by ${workspace.manager} with ${workspace.packages.join(' and ')}, in ${seconds} s`);
  }
} finally {
  await registry.stop();
}
for (const problem of problems) process.stderr.write(`\n${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
