/*
 * Loaded into a measured process before its program (`--import`). When the process ends it writes what it used to the
 * file that BENCH_USAGE_FILE names. Plain JavaScript: TypeScript would load Node's type stripper into a process that
 * gets its program from the compile cache, which costs 90 MB.
 */
import { writeFileSync } from 'node:fs';

const file = process.env['BENCH_USAGE_FILE'];
process.on('exit', () => {
  if (file !== undefined) writeFileSync(file, JSON.stringify(process.resourceUsage()));
});
