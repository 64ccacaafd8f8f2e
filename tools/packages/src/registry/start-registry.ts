import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A registry on loopback that has our packages alone. */
export interface Registry {
  /** Its address on a free port, with a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 120_000;

/** Starts an empty registry in a process of its own, since commands are run while this process waits for them. */
export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-registry-'));
  const child = fork(join(import.meta.dirname, 'registry-process.ts'), [folder], { silent: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => (output += data.toString()));
  }
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  try {
    const url = await new Promise<string>((done, fail) => {
      child.once('message', (message) => done(String(message)));
      child.once('close', (exit) => fail(new Error(`The registry ended with ${exit}:\n${output}`)));
      signal.onabort = () => fail(new Error(`The registry did not start in ${START_TIMEOUT_MS / 1000} s:\n${output}`));
    });
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
