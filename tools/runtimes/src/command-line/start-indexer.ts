import { spawn } from 'node:child_process';

/** How the command line is started: a runtime, the runtime's own arguments, and the program's file. */
export type Launcher = readonly [runtime: string, ...args: string[]];

/** A command that has ended. */
export interface Ended {
  /** Null where it was killed. */
  readonly exit: number | null;
  /** What it printed as JSON on stdout; undefined where that is no JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly stderr: string;
}

export interface StartedIndexer {
  readonly ended: Promise<Ended>;
  /** Kills the process at once, as a power cut would end it. */
  kill(): void;
}

/** Far longer than a command takes; a runtime on which one never ends must not keep the others from being tried. */
const TIMEOUT_MS = 300_000;

/** Variables that would choose services, or change what a runtime does. */
const DROPPED = /^(NODE_.*|NX_.*|OPENAI_.*|QDRANT_.*|NEON_.*|LOCKSTEP_.*|npm_.*)$/;

/** Starts `indexer ... --json` in a folder. */
export function startIndexer(
  [runtime, ...own]: Launcher,
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): StartedIndexer {
  const inherited = Object.entries(process.env).filter(([name]) => !DROPPED.test(name));
  const child = spawn(runtime, [...own, ...args, '--json'], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), ...environment },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<Ended>((done, fail) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', fail);
    child.on('close', (exit) => done({ exit, json: parsed(stdout), stderr }));
  });
  return { ended, kill: () => void child.kill('SIGKILL') };
}

function parsed(text: string): Ended['json'] {
  try {
    return JSON.parse(text) as Ended['json'];
  } catch {
    return undefined;
  }
}
