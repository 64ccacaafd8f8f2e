import { spawn } from 'node:child_process';
import { resolve as resolvePath } from 'node:path';
import { cleanEnvironment } from './clean-environment.ts';

export interface IndexerRun {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const BINARY = resolvePath(import.meta.dirname, '../../../indexer/bin/indexer.js');

/** A running command. */
export interface StartedIndexer {
  readonly ended: Promise<IndexerRun>;
  interrupt(): void;
  /** Resolves when it has printed a text on stderr; rejects if it ends before. */
  printed(text: string): Promise<void>;
  /** The first line on stdout; rejects if it ends before. */
  readonly firstLine: Promise<string>;
  /** Kills it as soon as it has printed a text on stderr, or at once if it has. */
  killAfter(text: string): void;
}

/** Starts `indexer` in a folder; of the variables that choose services, only those in `environment` are set. */
export function startIndexer(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): StartedIndexer {
  const child = spawn(process.execPath, [BINARY, ...args], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...environment },
  });
  let stderr = '';
  let deadly: string | undefined;
  const awaited = new Map<string, () => void>();
  const tellIfPrinted = (): void => {
    for (const [text, tell] of awaited) if (stderr.includes(text)) tell();
  };
  const killIfPrinted = (): void => {
    if (deadly !== undefined && stderr.includes(deadly)) child.kill('SIGKILL');
  };
  const { promise: firstLine, resolve: tellLine, reject: refuseLine } = Promise.withResolvers<string>();
  // Most callers do not ask for it.
  firstLine.catch(() => {});
  const ended = new Promise<IndexerRun>((done, fail) => {
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
      const end = stdout.indexOf('\n');
      if (end !== -1) tellLine(stdout.slice(0, end));
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
      killIfPrinted();
      tellIfPrinted();
    });
    child.on('error', fail);
    child.on('close', (exit) => {
      refuseLine(new Error(`it ended without a line on stdout:\n${stderr}`));
      done({ exit, stdout, stderr });
    });
  });
  return {
    ended,
    firstLine,
    interrupt: () => void child.kill('SIGINT'),
    printed(text) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      awaited.set(text, resolve);
      tellIfPrinted();
      void ended.then(() => reject(new Error(`it ended without printing ${text}:\n${stderr}`)));
      return promise;
    },
    killAfter(text) {
      deadly = text;
      killIfPrinted();
    },
  };
}

/** Runs `indexer` until it ends. */
export function runIndexer(...given: Parameters<typeof startIndexer>): Promise<IndexerRun> {
  return startIndexer(...given).ended;
}
