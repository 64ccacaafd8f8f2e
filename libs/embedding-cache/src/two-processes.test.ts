import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { sha256Hex } from '@lockstep/model';
import { lineBytes } from './cache-line.ts';
import { openEmbeddingCache } from './embedding-cache.ts';

const DIMENSIONS = 64;
const BATCHES = 60;

const keyOf = (name: string): string => sha256Hex(name);

/** Another process that appends batches to a cache without end, and prints the number of each acknowledged one. */
function startAppending(path: string) {
  const script = `
    const { openEmbeddingCache } = await import(${JSON.stringify(new URL('./embedding-cache.ts', import.meta.url).href)});
    const { sha256Hex } = await import('@lockstep/model');
    const cache = await openEmbeddingCache({
      path: ${JSON.stringify(path)}, slicePath: 'none', dimensions: ${DIMENSIONS}, lockWaitMs: 20_000,
    });
    console.log('open');
    for (let batch = 0; ; batch += 1) {
      const names = ['both ' + batch, 'child ' + batch];
      await cache.append(names.map((name) => ({ key: sha256Hex(name), vector: new Float32Array(${DIMENSIONS}).fill(batch) })));
      console.log(batch);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  const output = createInterface({ input: child.stdout });
  return { child, output, ended: Promise.all([once(child, 'exit'), once(output, 'close')]) };
}

it('two processes that append at once, one of which is killed, lose and repeat no acknowledged line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-two-'));
  const path = join(folder, 'model.jsonl');
  const open = () => openEmbeddingCache({ path, slicePath: 'none', dimensions: DIMENSIONS, lockWaitMs: 20_000 });
  const { child, output, ended } = startAppending(path);
  try {
    const died = ended.then(() => Promise.reject(new Error('the other process ended by itself')));
    died.catch(() => {});
    const cache = await open();
    let acknowledged = -1;
    const enough = new Promise<void>((resolve) => {
      output.on('line', (line) => {
        if (line !== 'open') acknowledged = Number(line);
        if (acknowledged >= BATCHES) resolve();
      });
    });
    await Promise.race([once(output, 'line'), died]);
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const names = [`both ${batch}`, `parent ${batch}`];
      await cache.append(names.map((name) => ({ key: keyOf(name), vector: new Float32Array(DIMENSIONS).fill(batch) })));
    }
    await Promise.race([enough, died]);
    child.kill('SIGKILL');
    expect((await ended)[0]).toEqual([null, 'SIGKILL']);
    await cache.append([{ key: keyOf('last'), vector: new Float32Array(DIMENSIONS) }]);
    await cache.close();

    const next = await open();
    const batches = (count: number, who: string) =>
      Array.from({ length: count }, (_, batch) => keyOf(`${who} ${batch}`));
    const appended = [
      ...batches(acknowledged + 1, 'both'),
      ...batches(acknowledged + 1, 'child'),
      ...batches(BATCHES, 'parent'),
    ];
    expect(appended.filter((key) => !next.has(key))).toEqual([]);
    await next.close();
    const lines = readFileSync(path, 'latin1').split('\n').slice(0, -1);
    expect(lines.map((line) => line.length + 1).filter((bytes) => bytes !== lineBytes(DIMENSIONS))).toEqual([]);
    expect(new Set(lines.map((line) => (JSON.parse(line) as { key: string }).key)).size).toBe(lines.length);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
