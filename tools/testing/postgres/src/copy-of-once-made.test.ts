import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyOfOnceMade } from './copy-of-once-made.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'copies-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('copyOfOnceMade', () => {
  it('a folder is created by the first caller, again after a failure, and each caller has its own copy', async () => {
    let makes = 0;
    const name = randomUUID();
    const copy = (into: string): Promise<void> =>
      copyOfOnceMade({
        name,
        into: join(folder, into),
        async make(made) {
          makes += 1;
          mkdirSync(made);
          if (makes === 1) throw new Error('not this time');
          writeFileSync(join(made, 'file'), `made at ${makes}`);
        },
      });
    await expect(copy('never')).rejects.toThrow('not this time');
    await copy('one');
    writeFileSync(join(folder, 'one', 'file'), 'changed');
    await copy('two');
    expect(readFileSync(join(folder, 'two', 'file'), 'utf8')).toBe('made at 2');
    expect(makes).toBe(2);
  });

  it('two callers at the same time get copies of the same folder', async () => {
    const both = Promise.withResolvers<void>();
    const name = randomUUID();
    let makes = 0;
    const copy = (into: string): Promise<void> =>
      copyOfOnceMade({
        name,
        into: join(folder, into),
        async make(made) {
          const number = (makes += 1);
          if (number === 2) both.resolve();
          await both.promise;
          mkdirSync(made);
          writeFileSync(join(made, 'file'), `made as ${number}`);
        },
      });
    await Promise.all([copy('one'), copy('two')]);
    const [one, two] = ['one', 'two'].map((into) => readFileSync(join(folder, into, 'file'), 'utf8'));
    expect(one).toBe(two);
  });
});
