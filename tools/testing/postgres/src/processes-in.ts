import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Processes whose working folder is in `folder`, or that name it on their command line, one line each. Without /proc
 * only command lines are checked.
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

/** Target of a link; empty if the process has ended or belongs to another user. */
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
