import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What a process has used so far, as the kernel counts it. */
export interface ProcessUsage {
  /** User and system time of all its threads, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory now, and the most since its start or the last `forgetPeak`, in 10^6 bytes. */
  readonly memoryMb: number;
  /** The part of it now that is no file, such as the program itself: the heaps. */
  readonly ownMb: number;
  readonly peakMb: number;
}

/** Clock ticks in a second: 100 on Linux, whatever the kernel's own. */
const TICKS = 100;

/** The only child of this process with this program. */
export function childOf(program: string): number {
  const found = readdirSync(`/proc/${process.pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').trim().split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program);
  if (found.length !== 1) throw new Error(`expected one child ${program}, found ${found.length}`);
  return Number(found[0]);
}

export function usageOf(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may have blanks in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS,
    memoryMb: mb('VmRSS'),
    ownMb: mb('RssAnon'),
    peakMb: mb('VmHWM'),
  };
}

/** Lets the peak begin again at what is resident now. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
