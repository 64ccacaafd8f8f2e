import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The processes that work in `folder` or name it on their command line, one line each: what a test must find empty
 * before it may say that nothing was left behind. Where there is no /proc, only command lines are looked at.
 */
export function processesIn(folder: string): string[] {
  if (!existsSync('/proc/self/cwd')) {
    const list = execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' });
    return list.split('\n').filter((line) => line.includes(folder));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `${pid} ${linkOf(`/proc/${pid}/cwd`)} ${commandLineOf(pid)}`)
    .filter((line) => line.includes(folder));
}

/** Where a link leads; empty when the process is gone, or is another user's. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
