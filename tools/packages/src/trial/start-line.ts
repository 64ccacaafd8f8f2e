import { execFileSync, spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import type { InstallFolder } from './install-folder.ts';

/** Longer than Nx takes to run all stages of a corpus. */
const TIMEOUT_MS = 10 * 60_000;

/** A line that is running. */
export interface StartedLine {
  readonly ended: Promise<{ readonly exit: number | null; readonly output: string }>;
  /** Kills the program and all that it has started, at once. */
  kill(): void;
}

/** Starts a line as a user types it, with further variables. It is killed where it does not end. */
export function startLine(
  { root, env }: InstallFolder,
  line: string,
  variables: Readonly<Record<string, string>>,
): StartedLine {
  const child = spawn(line, { cwd: root, env: { ...env, ...variables }, shell: true });
  const killed: number[] = [];
  const kill = (): void => {
    if (child.pid === undefined) return;
    killed.push(child.pid, ...startedBy(child.pid));
    for (const pid of killed.filter(isRunning)) process.kill(pid, 'SIGKILL');
  };
  const timeout = setTimeout(kill, TIMEOUT_MS);
  const ended = new Promise<{ exit: number | null; output: string }>((done, fail) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => (output += data.toString()));
    }
    child.on('error', fail);
    child.on('close', (exit) => {
      clearTimeout(timeout);
      // Nx starts tasks with pipes of their own, which do not tell us when they are gone.
      allGone(killed).then(() => done({ exit, output }), fail);
    });
  });
  return { ended, kill };
}

/** The processes that a process has started, and those that they have. */
function startedBy(pid: number): number[] {
  const parents = parentsOfProcesses();
  const isBelow = (own: number): boolean => {
    const parent = parents.get(own);
    return parent !== undefined && parent !== own && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** The parent of each process. */
function parentsOfProcesses(): ReadonlyMap<number, number> {
  // Small images of Linux have no ps.
  if (process.platform === 'linux') return new Map(globSync('/proc/[0-9]*/stat').flatMap(parentInStat));
  const list =
    process.platform === 'win32'
      ? execFileSync('powershell', [
          '-Command',
          'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId)" }',
        ])
      : execFileSync('ps', ['-A', '-o', 'pid=,ppid=']);
  const lines = list.toString().trim().split('\n');
  return new Map(lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]));
}

/** Process and parent in a file such as `17 (name of it) S 1 ...`; nothing where the process has ended meanwhile. */
function parentInStat(path: string): [number, number][] {
  try {
    const [, pid, parent] = /^(\d+) \([^]*\) \S (\d+)/.exec(readFileSync(path, 'utf8')) ?? [];
    return [[Number(pid), Number(parent)]];
  } catch {
    return [];
  }
}

/** Waits for the end of killed processes. One that nobody asks how it ended stays in the list of processes. */
async function allGone(pids: readonly number[]): Promise<void> {
  for (let waits = 0; waits < 500 && pids.some(isRunning); waits += 1) await setTimeoutPromise(20);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
