import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkSaid, makeMistakesWorkspace, type MistakesWorkspace } from './mistakes-workspace.ts';

/** Loaded into the program before it starts: every write below `postgres/` fails as on a disk that is full. */
const FULL_DISK = `
  import fs from 'node:fs';
  const { openSync, writeSync } = fs;
  const full = new Set();
  fs.openSync = (path, ...rest) => {
    const file = openSync(path, ...rest);
    if (String(path).includes('/.lockstep/postgres/')) full.add(file);
    else full.delete(file);
    return file;
  };
  fs.writeSync = (file, ...rest) => {
    if (!full.has(file)) return writeSync(file, ...rest);
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
  };`;

/** The file of the thread of the model is not where it should be. */
const NO_WORKER = `
  import { syncBuiltinESMExports } from 'node:module';
  import threads from 'node:worker_threads';
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(file, options) {
      super(String(file).includes('model-worker') ? new URL('file:///missing/model-worker.js') : file, options);
    }
  };
  syncBuiltinESMExports();`;

let workspace: MistakesWorkspace;
beforeEach(() => {
  workspace = makeMistakesWorkspace();
});
afterEach(() => workspace.remove());

async function runWith(preload: string, ...args: string[]) {
  workspace.write({ 'preload.mjs': preload });
  const { href } = pathToFileURL(join(workspace.folder, 'preload.mjs'));
  return workspace.run(args, { NODE_OPTIONS: `--import=${href}` });
}

it('a disk that is full when the embedded Postgres is made is told as that, with the folder', async () => {
  checkSaid(await runWith(FULL_DISK, 'run', 'docs'), {
    exit: 1,
    says: [
      'error disk-failed in plan: Cannot open the embedded Postgres in ',
      /\.lockstep\/postgres: no space is left on the disk \(ENOSPC\)\./,
      'Check the free space',
    ],
    neverSays: ['retry-scheduled', 'LOG:'],
  });
});

it('a missing file of the embedded model is told at once, and not as an outage', async () => {
  const run = await runWith(NO_WORKER, 'run', 'docs');
  checkSaid(run, {
    exit: 1,
    says: ['error engine-failed in embed: The embedded model failed: Cannot find module', '/missing/model-worker.js'],
    neverSays: ['retry-scheduled', '500', 'server_error'],
  });
  expect(run.stderr).toContain('install @lockstep/embedded again');
});

it('doctor says that the embedded model cannot be started', async () => {
  checkSaid(await runWith(NO_WORKER, 'doctor'), {
    exit: 1,
    says: [
      /^FAIL embedding +embedded +The embedded model failed: Cannot find module/m,
      /^ok +qdrant/m,
      /^ok +postgres/m,
    ],
  });
});
