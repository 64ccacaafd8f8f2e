import { expect, it } from 'vitest';
import { packageEntries } from './package-entries.ts';
import { publishedManifest } from './published-manifest.ts';

const manifest = {
  name: '@lockstep/program',
  version: '1.2.3',
  nx: { name: 'program' },
  scripts: { build: 'x' },
  devDependencies: { vitest: '5.0.0' },
  dependencies: { '@lockstep/model': '1.2.3', pg: '8.0.0' },
  peerDependencies: { '@lockstep/embedded': '1.2.3', '@nx/devkit': '>=23' },
  exports: { '.': './src/index.ts' },
};
const root = {
  name: 'root',
  version: '0.0.0',
  repository: { type: 'git', url: 'git+https://host.test/a.git' },
  homepage: 'https://host.test/a',
  bugs: 'https://host.test/a/issues',
};
const publish = (imported: string[]) =>
  publishedManifest({
    manifest,
    entries: packageEntries(manifest),
    imported: new Set(imported),
    ranges: new Map([
      ['pg', '^8.0.0'],
      ['citty', '0.2.2'],
    ]),
    files: ['lib'],
    root,
    folder: 'apps/program',
  });

it('a package depends on what its built files import, and on no project of the workspace', () => {
  const published = publish(['pg', 'citty']);
  expect(published['dependencies']).toEqual({ citty: '0.2.2', pg: '^8.0.0' });
  expect(published['peerDependencies']).toEqual({ '@lockstep/embedded': '1.2.3', '@nx/devkit': '>=23' });
  expect(Object.keys(published).filter((key) => ['nx', 'scripts', 'devDependencies'].includes(key))).toEqual([]);
});

it('a package names the repository and its folder there, where to read more and to report faults, and is published with its provenance', () => {
  expect(publish([])).toMatchObject({
    repository: { type: 'git', url: 'git+https://host.test/a.git', directory: 'apps/program' },
    homepage: 'https://host.test/a',
    bugs: 'https://host.test/a/issues',
    publishConfig: { access: 'public', provenance: true },
  });
});

it('an import of a package that no project depends on is an error', () => {
  expect(() => publish(['left-pad'])).toThrow('@lockstep/program imports left-pad, which no project depends on.');
});
