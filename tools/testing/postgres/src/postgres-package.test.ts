import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { preparePostgresPackage } from './postgres-package.ts';

let root: string;
let packageFolder: string;
let copyFolder: string;

/** A package with one program, two libraries of which one has its link, and data files. */
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'package-')));
  packageFolder = join(root, 'package');
  copyFolder = join(root, 'copy');
  const files = {
    'bin/postgres': 'program',
    'lib/libpq.so.5.15': 'libpq',
    'lib/libpq.a': 'for the linker only',
    'lib/libz.so.1.2': 'libz',
    'lib/postgresql/plpgsql.so': 'plpgsql',
    'share/postgresql/postgres.bki': 'data',
    'pg-symlinks.json': JSON.stringify([
      { source: 'native/lib/libpq.so.5.15', target: 'native/lib/libpq.so.5' },
      { source: 'native/lib/libz.so.1.2', target: 'native/lib/libz.so.1' },
    ]),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(packageFolder, 'native', path)), { recursive: true });
    writeFileSync(join(packageFolder, 'native', path), text);
  }
  symlinkSync('libz.so.1.2', join(packageFolder, 'native/lib/libz.so.1'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(join(copyFolder, path), 'utf8');

describe.skipIf(process.platform === 'win32')('a package with PostgreSQL', () => {
  test('a package with all links is used without a copy', async () => {
    symlinkSync('libpq.so.5.15', join(packageFolder, 'native/lib/libpq.so.5'));
    const folder = await preparePostgresPackage({ packageFolder, copyFolder, data: 'link', runAs: {} });
    expect(folder).toBe(join(packageFolder, 'native/bin'));
    expect(existsSync(copyFolder)).toBe(false);
  });

  test('a package with missing links is copied with them, and not changed', async () => {
    const folder = await preparePostgresPackage({ packageFolder, copyFolder, data: 'link', runAs: {} });
    expect(folder).toBe(join(copyFolder, 'bin'));
    expect([read('bin/postgres'), read('lib/libpq.so.5'), read('lib/libz.so.1')]).toEqual(['program', 'libpq', 'libz']);
    expect([read('lib/postgresql/plpgsql.so'), read('share/postgresql/postgres.bki')]).toEqual(['plpgsql', 'data']);
    expect(existsSync(join(copyFolder, 'lib/libpq.a'))).toBe(false);
    expect(existsSync(join(packageFolder, 'native/lib/libpq.so.5'))).toBe(false);
  });

  test('a full copy works without the package', async () => {
    await preparePostgresPackage({ packageFolder, copyFolder, data: 'copy', runAs: {} });
    rmSync(packageFolder, { recursive: true });
    expect([read('lib/libpq.so.5'), read('lib/libz.so.1')]).toEqual(['libpq', 'libz']);
    expect([read('lib/postgresql/plpgsql.so'), read('share/postgresql/postgres.bki')]).toEqual(['plpgsql', 'data']);
  });

  test('a package that is not installed is refused', async () => {
    const options = { packageFolder: join(root, 'none'), copyFolder, data: 'link', runAs: {} } as const;
    await expect(preparePostgresPackage(options)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
