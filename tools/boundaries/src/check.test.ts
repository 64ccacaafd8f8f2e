import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checkBoundaries } from './check-boundaries.ts';
import { MAY_IMPORT, type TypeTag } from './dependency-table.ts';
import { IMPORT_RULES } from './import-rules.ts';
import { plantWorkspace, type PlantedProject, type Planting } from './planted-workspace.ts';
import { formatViolation } from './violation.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');

async function violationsOf(planting: Planting): Promise<string[]> {
  using workspace = plantWorkspace(planting);
  const { violations } = await checkBoundaries(workspace.root);
  return violations.map(({ file, found, rule }) => `${file} ${found}: ${rule}`);
}

/** A violation, the file that holds it, and the one line it must give. */
const PLANTED: readonly (readonly [title: string, planting: Planting, line: string])[] = [
  [
    'a model that imports a util',
    { files: { 'libs/model/src/bad.ts': `export * from '@x/retry';` }, declare: { model: ['@x/retry'] } },
    'libs/model/src/bad.ts imports @x/retry: type-table',
  ],
  [
    'an adapter that imports another adapter for its types',
    { files: { 'libs/vectors/src/bad.ts': `import type {} from '@x/store';` }, declare: { vectors: ['@x/store'] } },
    'libs/vectors/src/bad.ts imports @x/store: type-table',
  ],
  [
    'an app that imports the testing project',
    { files: { 'apps/cli/src/bad.ts': `import '@x/testing';` }, declare: { cli: ['@x/testing'] } },
    'apps/cli/src/bad.ts imports @x/testing: testing-in-tests-only',
  ],
  [
    'a test that imports an app',
    { files: { 'libs/flow/src/bad.test.ts': `import '@x/cli';` }, declare: { flow: ['@x/cli'] } },
    'libs/flow/src/bad.test.ts imports @x/cli: nothing-imports-an-app-or-tool',
  ],
  [
    'a tool that imports another tool',
    {
      files: {
        'tools/other/package.json': JSON.stringify({
          nx: { tags: ['type:tool', 'runtime:fs'] },
          dependencies: { '@x/bench': '0.0.0' },
        }),
        'tools/other/src/bad.ts': `import '@x/bench';`,
        'tools/other/src/own.test.ts': `import './index.ts';`,
        'tools/other/src/index.ts': 'export {};',
      },
    },
    'tools/other/src/bad.ts imports @x/bench: nothing-imports-an-app-or-tool',
  ],
  [
    'a relative import of another project',
    { files: { 'libs/flow/src/bad.ts': `export {} from '../../model/src/index.ts';` } },
    'libs/flow/src/bad.ts imports ../../model/src/index.ts: no-path-across-projects',
  ],
  [
    'a relative import of a folder whose name begins like the own one',
    { files: { 'libs/flow/src/bad.ts': `import '../../flow-notes/text.ts';` } },
    'libs/flow/src/bad.ts imports ../../flow-notes/text.ts: no-path-across-projects',
  ],
  [
    'a relative type import in a test',
    { files: { 'libs/flow/src/bad.test.ts': `export type A = typeof import('../../model/src/index.ts');` } },
    'libs/flow/src/bad.test.ts imports ../../model/src/index.ts: no-path-across-projects',
  ],
  [
    'a deep import',
    { files: { 'libs/flow/src/bad.ts': `await import('@x/model/src/index.ts');` } },
    'libs/flow/src/bad.ts imports @x/model/src/index.ts: no-deep-import',
  ],
  [
    'a workspace package that is not declared',
    { files: { 'libs/store/src/bad.ts': `import '@x/retry';` } },
    'libs/store/src/bad.ts imports @x/retry: declared-packages-only',
  ],
  [
    'a vendor package that is not declared',
    { files: { 'libs/flow/src/bad.ts': `import 'vendor/part.js';` } },
    'libs/flow/src/bad.ts imports vendor/part.js: declared-packages-only',
  ],
  [
    'a development package of the root outside tests',
    { files: { 'libs/flow/src/bad.ts': `import 'runner';` } },
    'libs/flow/src/bad.ts imports runner: declared-packages-only',
  ],
  [
    'a vendor package that is not declared, in a test',
    { files: { 'libs/flow/src/bad.test.ts': `import 'vendor';` } },
    'libs/flow/src/bad.test.ts imports vendor: declared-packages-only',
  ],
  [
    'a node module in runtime:any',
    { files: { 'libs/model/src/bad.ts': `import 'node:sqlite';` } },
    'libs/model/src/bad.ts imports node:sqlite: runtime-any-without-node',
  ],
  [
    'a node module without its prefix in runtime:any',
    { files: { 'libs/model/src/bad.ts': `import 'fs/promises';` } },
    'libs/model/src/bad.ts imports node:fs/promises: runtime-any-without-node',
  ],
  [
    'a node module by process.getBuiltinModule in runtime:any',
    { files: { 'libs/model/src/bad.ts': `process.getBuiltinModule('node:os');` } },
    'libs/model/src/bad.ts imports node:os: runtime-any-without-node',
  ],
  [
    'a runtime:fs project in runtime:any',
    { files: { 'libs/store/src/bad.ts': `import '@x/disk';` }, declare: { store: ['@x/disk'] } },
    'libs/store/src/bad.ts imports @x/disk: runtime-any-without-fs-projects',
  ],
  [
    'citty outside an app',
    { files: { 'libs/disk/src/bad.ts': `import 'citty';` }, declare: { disk: ['citty'] } },
    'libs/disk/src/bad.ts imports citty: terminal-in-apps-only',
  ],
  [
    'consola in a tool',
    { files: { 'tools/bench/src/bad.ts': `import 'consola/basic';` }, declare: { bench: ['consola'] } },
    'tools/bench/src/bad.ts imports consola/basic: terminal-in-apps-only',
  ],
  [
    'a cycle between files, by way of a type',
    {
      files: {
        'libs/flow/src/one.ts': `import './two.ts';`,
        'libs/flow/src/two.ts': `import type {} from './three.ts';`,
        'libs/flow/src/three.ts': `export * from './one.ts';`,
      },
    },
    'libs/flow/src/one.ts imports itself by way of libs/flow/src/two.ts -> libs/flow/src/three.ts -> libs/flow/src/one.ts: no-cycles',
  ],
  [
    'a project without a runtime',
    { files: { 'libs/new/package.json': JSON.stringify({ name: '@x/new', nx: { tags: ['type:core'] } }) } },
    'libs/new/package.json has nx.tags [type:core]: one-type-one-runtime',
  ],
  [
    'a project with two types',
    {
      files: {
        'libs/new/package.json': JSON.stringify({ nx: { tags: ['type:core', 'type:util', 'runtime:fs'] } }),
      },
    },
    'libs/new/package.json has nx.tags [type:core, type:util, runtime:fs]: one-type-one-runtime',
  ],
  [
    'a project of a type that is not in the table',
    { files: { 'libs/new/package.json': JSON.stringify({ nx: { tags: ['type:shared', 'runtime:fs'] } }) } },
    'libs/new/package.json has nx.tags [type:shared, runtime:fs]: one-type-one-runtime',
  ],
  [
    'a runtime:any folder that oxlint does not know',
    {
      files: {
        'libs/new/package.json': JSON.stringify({ nx: { tags: ['type:core', 'runtime:any'] } }),
      },
    },
    '.oxlintrc.json lacks libs/new/**/*.ts: oxlint-knows-runtime-any',
  ],
];

describe('one planted violation', () => {
  test.for(PLANTED)('%s is named, and nothing else', async ([, planting, line]) => {
    expect(await violationsOf(planting)).toEqual([line]);
  });

  test('an oxlint folder that is not runtime:any is named', async () => {
    const lines = await violationsOf({
      files: {
        'libs/model/package.json': JSON.stringify({
          name: '@x/model',
          exports: { '.': './src/index.ts' },
          nx: { tags: ['type:model', 'runtime:fs'] },
          dependencies: { vendor: '1' },
        }),
      },
    });
    expect(lines).toContain('.oxlintrc.json has libs/model/**/*.ts: oxlint-knows-runtime-any');
  });

  test('every rule about imports has one', () => {
    const named = PLANTED.map(([, , line]) => line.split(': ').at(-1));
    expect(IMPORT_RULES.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('the table', () => {
  test('decides for every pair of types, in code and in tests', async () => {
    const types = Object.keys(MAY_IMPORT) as TypeTag[];
    const projects = Object.fromEntries(
      types.flatMap((type): [string, PlantedProject][] => [
        [`${type}-a`, { area: 'libs', type, runtime: 'fs' }],
        [`${type}-b`, { area: 'libs', type, runtime: 'fs' }],
      ]),
    );
    const pairs = types.flatMap((from) => types.map((to) => [from, to] as const));
    const lines = await violationsOf({
      projects,
      declare: Object.fromEntries(types.map((type) => [`${type}-a`, types.map((to) => `@x/${to}-b`)])),
      files: Object.fromEntries(
        pairs.flatMap(([from, to]) => [
          [`libs/${from}-a/src/to-${to}.ts`, `import '@x/${to}-b';`],
          [`libs/${from}-a/src/to-${to}.test.ts`, `import '@x/${to}-b';`],
        ]),
      ),
    });
    const refused = (suffix: string): string[] =>
      pairs
        .filter(([from, to]) => lines.some((line) => line.startsWith(`libs/${from}-a/src/to-${to}${suffix} `)))
        .map(([from, to]) => `${from} > ${to}`);
    const allowed = (suffix: string): string[] => {
      const no = refused(suffix);
      return pairs.map(([from, to]) => `${from} > ${to}`).filter((pair) => !no.includes(pair));
    };
    // Written out here a second time on purpose: a change of the table must be meant.
    expect(allowed('.ts')).toEqual([
      'util > model',
      'core > model',
      'core > util',
      'core > core',
      'adapter > model',
      'adapter > util',
      'testing > model',
      'testing > util',
      'testing > core',
      'testing > adapter',
      'app > model',
      'app > util',
      'app > core',
      'app > adapter',
      'tool > model',
      'tool > testing',
    ]);
    expect(refused('.test.ts')).toEqual(types.flatMap((from) => [`${from} > app`, `${from} > tool`]));
  });
});

describe('a clean workspace', () => {
  test('passes, with all that tests may import and generated folders left alone', async () => {
    using workspace = plantWorkspace({
      files: {
        'libs/model/src/free.test.ts': `import 'node:fs'; import 'runner'; import '@x/testing'; import '@x/vectors';`,
        'libs/flow/src/own.ts': `import './index.ts'; import '../package.json' with { type: 'json' };`,
        'libs/disk/src/own.ts': `import 'node:fs';`,
        'libs/testing/src/suite.ts': `import 'runner';`,
        'libs/flow/out-tsc/lib/old.js': `import 'citty';`,
        'libs/flow/node_modules/dep/index.js': `import 'citty';`,
      },
    });
    const { violations, fileCount, projectCount } = await checkBoundaries(workspace.root);
    expect(violations).toEqual([]);
    expect({ fileCount, projectCount }).toEqual({ fileCount: 13, projectCount: 9 });
  });

  test('is what this repository is', async () => {
    const { violations, fileCount } = await checkBoundaries(REPOSITORY);
    expect(violations.map(formatViolation)).toEqual([]);
    expect(fileCount).toBeGreaterThan(10);
  });
});

describe('the command', () => {
  const run = promisify(execFile);
  const script = join(import.meta.dirname, 'check.ts');

  test('prints the advice for a violation and exits with 1', async () => {
    using workspace = plantWorkspace({ files: { 'libs/disk/src/bad.ts': `import 'vendor';` } });
    await expect(run(process.execPath, [script, workspace.root])).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'libs/disk/src/bad.ts imports vendor: declared-packages-only: ' +
        'add vendor to the dependencies in libs/disk/package.json\n',
    });
  });

  test('counts files and projects and exits with 0, wherever it is started', async () => {
    using workspace = plantWorkspace();
    const { stdout } = await run(process.execPath, [script, workspace.root], { cwd: import.meta.dirname });
    expect(stdout).toBe('boundaries hold: 9 files in 9 projects\n');
  });
});
