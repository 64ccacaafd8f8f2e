import { buildPackage } from './build/build-package.ts';
import { PUBLISHED_PACKAGES, type PublishedProject } from './published-packages.ts';

const name = process.argv[2] ?? '';
if (!Object.hasOwn(PUBLISHED_PACKAGES, name)) {
  process.stderr.write(`usage: node tools/packages/src/build.ts ${Object.keys(PUBLISHED_PACKAGES).join('|')}\n`);
  process.exitCode = 2;
} else await buildPackage(PUBLISHED_PACKAGES[name as PublishedProject]);
