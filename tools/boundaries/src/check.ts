/**
 * The command: `node tools/boundaries/src/check.ts [root]`. One line for each violation and exit code 1, or one line
 * that says that all is well and exit code 0.
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
