/** Publishes one built package, as a task of `nx release`, whose options it takes. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PUBLISHED_PACKAGES, ROOT, type PublishedProject } from '../published-packages.ts';
import { readManifest } from '../read-manifest.ts';

const PASSED_ON = ['tag', 'registry', 'otp', 'access', 'provenance'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  // `nx release` adds options of its own, such as what it has done so far.
  strict: false,
  options: Object.fromEntries(PASSED_ON.map((name) => [name, { type: 'string' as const }])),
});
const { folder } = PUBLISHED_PACKAGES[positionals[0] as PublishedProject];
const isDryRun = process.env['NX_DRY_RUN'] === 'true';
if (!isDryRun && values['provenance'] !== 'false' && readManifest(ROOT).repository === undefined) {
  process.stderr.write(
    'The package.json at the root has no "repository", which npm needs to prove where a package was built: ' +
      'add it, or publish with --provenance=false.\n',
  );
  process.exitCode = 1;
} else process.exitCode = publish();

function publish(): number {
  const { status } = spawnSync(
    'npm',
    [
      // Packing shows what would be published, and asks no registry.
      ...(isDryRun ? ['pack', '--dry-run'] : ['publish']),
      join(ROOT, folder, 'dist'),
      ...PASSED_ON.flatMap((name) => (typeof values[name] === 'string' ? [`--${name}=${values[name]}`] : [])),
    ],
    { stdio: 'inherit', shell: process.platform === 'win32' },
  );
  return status ?? 1;
}
