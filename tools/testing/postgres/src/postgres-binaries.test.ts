import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findPostgresBinaries, type PostgresCandidate } from './postgres-binaries.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'binaries-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A folder with programs that run the given shell command. */
function plant(name: string, command: string): PostgresCandidate {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const program of ['initdb', 'postgres']) {
    writeFileSync(join(folder, program), `#!/bin/sh\n${command}\n`);
    chmodSync(join(folder, program), 0o755);
  }
  return { name, folder: () => folder };
}

describe.skipIf(process.platform === 'win32')('a PostgreSQL server', () => {
  test('the first server that runs and is new enough is used', async () => {
    const found = await findPostgresBinaries(root, {}, [
      plant('old', `echo 'postgres (PostgreSQL) 14.22'`),
      plant('broken', `echo 'a library is missing' >&2; exit 127`),
      plant('good', `echo 'postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'`),
      plant('later', `echo 'postgres (PostgreSQL) 18.4'`),
    ]);
    expect(found).toEqual({ folder: join(root, 'good'), version: '15.18' });
  });

  test('an error about a missing server lists the problem of each place', async () => {
    const missing = findPostgresBinaries(root, {}, [
      { name: 'package', folder: () => Promise.reject(new Error('not installed')) },
      plant('old', `echo 'postgres (PostgreSQL) 9.6.24'`),
      plant('broken', `echo 'a library is missing' >&2; exit 127`),
    ]);
    await expect(missing).rejects.toThrow(
      /LOCKSTEP_TEST_POSTGRES_URL.*\(package: not installed; old: version 9\.6\.24; broken: a library is missing\)$/,
    );
  });
});
