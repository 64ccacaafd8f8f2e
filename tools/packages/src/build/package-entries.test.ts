import { expect, it } from 'vitest';
import { packageEntries } from './package-entries.ts';

const manifest = {
  name: '@x/program',
  version: '1.2.3',
  exports: {
    '.': './src/index.ts',
    './rows': './src/store/row-store.ts',
    './package.json': './package.json',
    './*': './src/*.ts',
  },
  imports: { '#worker': './src/worker.ts', '#manifest': './package.json' },
};

it('every export but one with a star names a built file with its declarations', () => {
  expect(packageEntries(manifest).exports).toEqual({
    '.': { types: './lib/index.d.ts', default: './lib/index.js' },
    './rows': { types: './lib/rows.d.ts', default: './lib/rows.js' },
    './package.json': './package.json',
  });
});

it('a name that leads to another package here leads to a module that is made there', () => {
  const { imports, modules, made } = packageEntries({ ...manifest, imports: { '#page': '@x/page' } });
  expect(imports).toEqual({ '#page': './lib/page.js' });
  expect([...made]).toEqual([['page', '#page']]);
  expect([...modules.keys()]).toEqual(['index', 'rows']);
});

it('a file that is loaded by a name of its own is built from its source, without declarations', () => {
  const { imports, modules, typed } = packageEntries(manifest);
  expect(imports).toEqual({ '#worker': './lib/worker.js', '#manifest': './package.json' });
  expect([...modules]).toEqual([
    ['index', './src/index.ts'],
    ['rows', './src/store/row-store.ts'],
    ['worker', './src/worker.ts'],
  ]);
  expect([...typed]).toEqual(['index', 'rows']);
});
