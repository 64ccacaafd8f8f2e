import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeLine } from './cache-line.ts';
import { openLineFile } from './line-file.ts';

/** Makes a line of over a megabyte, so that a few lines are more than one block. */
const DIMENSIONS = 200_000;

it('checked yields the lines of the given range, over several blocks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-lines-'));
  try {
    const path = join(folder, 'lines.jsonl');
    const keys = Array.from({ length: 7 }, (_, number) => String(number).repeat(64));
    const vector = new Float32Array(DIMENSIONS);
    writeFileSync(path, keys.map((key, at) => encodeLine({ key, vector, isRecovered: at === 5 })).join('') + '{"key"');
    const file = openLineFile(path, DIMENSIONS);
    const check = (first: number, end: number) => [...file.checked(first, end)];
    const all = keys.map((key, at) => ({ key, isRecovered: at === 5 }));
    expect(file.lines()).toBe(7);
    expect(check(0, 7)).toEqual(all);
    expect(check(0, 9)).toEqual(all);
    expect(check(1, 6)).toEqual(all.slice(1, 6));
    expect(check(6, 6)).toEqual([]);
    file.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
