/**
 * The command: `node tools/boundaries/src/check.ts [root]`. Prints one line for each violation and exits with 1, or one
 * line with the numbers of files and projects and exits with 0.
 */
import { resolve } from 'node:path';
import { checkBoundaries } from './check-boundaries.ts';

const root = resolve(process.argv[2] ?? resolve(import.meta.dirname, '../../..'));
const { violations, fileCount, projectCount } = await checkBoundaries(root);
if (violations.length === 0) {
  console.log(`boundaries hold: ${fileCount} files in ${projectCount} projects`);
} else {
  for (const { found, rule, advice } of violations) console.error(`${found}: ${rule}: ${advice}`);
  process.exitCode = 1;
}
