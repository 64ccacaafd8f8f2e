import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DISK } from './disk.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-disk-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

it.skipIf(process.platform === 'win32')('files and folders that are made can be read by their owner only', () => {
  const folder = join(root, 'a', 'b');
  DISK.makeFolder(folder);
  for (const flags of ['a', 'w'] as const) {
    DISK.close(DISK.open(join(folder, flags), flags));
    expect(modeOf(join(folder, flags))).toBe('600');
  }
  expect([modeOf(folder), modeOf(join(root, 'a'))]).toEqual(['700', '700']);
});
