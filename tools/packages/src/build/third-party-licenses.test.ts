import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { thirdPartyLicenses } from './third-party-licenses.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-licenses-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

it('each package that code was copied from is listed once, with its licence and its notice', () => {
  write({
    'b/package.json': '{"name":"b","version":"2.0.0","license":"MIT"}',
    'b/LICENSE.md': 'Permission of b',
    'a/package.json': '{"name":"a","version":"1.0.0","license":"Apache-2.0"}',
    'a/esm/package.json': '{"type":"module"}',
    'a/LICENSE': 'Permission of a',
    'a/NOTICE': 'Notice of a',
  });
  const text = thirdPartyLicenses(['b/x.js', 'a/esm/x.js', 'a/y.js'].map((path) => join(root, path)));
  expect(text.match(/^.*(\d\.\d\.\d|of [ab]).*$/gm)).toEqual([
    'a 1.0.0 (Apache-2.0)',
    'Permission of a',
    'Notice of a',
    'b 2.0.0 (MIT)',
    'Permission of b',
  ]);
});

it('code of a package without a licence file is an error', () => {
  write({ 'c/package.json': '{"name":"c","version":"3.0.0","license":"MIT"}' });
  expect(() => thirdPartyLicenses([join(root, 'c/x.js')])).toThrow('c 3.0.0 is bundled, and has no licence file.');
});
