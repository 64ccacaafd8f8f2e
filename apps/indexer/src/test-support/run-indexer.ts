import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { cleanEnvironment } from './clean-environment.ts';

export interface IndexerRun {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const BINARY = resolve(import.meta.dirname, '../../bin/indexer.js');

/** Runs the command line in a folder of its own, with no variable but those given choosing its services. */
export function runIndexer(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<IndexerRun> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [BINARY, ...args], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', fail);
    child.on('close', (exit) => done({ exit, stdout, stderr }));
  });
}
