import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checkBoundaries } from './check-boundaries.ts';
import { LAYERS, TYPE_TAGS } from './dependency-table.ts';
import { importRules } from './import-rules.ts';
import { plantWorkspace, type PlantedProject, type Planting } from './planted-workspace.ts';
import { readWorkspace } from './workspace.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');

async function violationsOf(planting: Planting): Promise<string[]> {
  using workspace = plantWorkspace(planting);
  const { violations } = await checkBoundaries(workspace.root, planting.limits);
  return violations.map(({ found, rule }) => `${found}: ${rule}`);
}

const FLOW_LAYERS = { 'libs/flow/src': ['low', 'high', 'top.ts'] };

const LAYERED_FILES = {
  'libs/flow/src/low/any.ts': 'export {};',
  'libs/flow/src/high/other.ts': `import '../low/any.ts'; import './any.ts';`,
  'libs/flow/src/high/any.ts': 'export {};',
  'libs/flow/src/top.ts': `import './high/any.ts'; import './low/any.ts';`,
};

/** A violation, the files with it, and the expected lines. */
const PLANTED: readonly (readonly [title: string, planting: Planting, ...lines: string[]])[] = [
  [
    'a model that imports a util',
    { files: { 'libs/model/src/bad.ts': `export * from '@x/retry';` }, declare: { model: ['@x/retry'] } },
    'libs/retry/src imports itself by way of libs/model/src -> libs/retry/src: no-folder-circles',
    'libs/model/src/bad.ts imports libs/retry/src/index.ts: type-table/model',
  ],
  [
    'an adapter that imports another adapter for its types',
    { files: { 'libs/vectors/src/bad.ts': `import type {} from '@x/store';` }, declare: { vectors: ['@x/store'] } },
    'libs/vectors/src/bad.ts imports libs/store/src/index.ts: type-table/adapter',
  ],
  [
    'an app that imports the testing project',
    { files: { 'apps/cli/src/bad.ts': `import '@x/testing';` }, declare: { cli: ['@x/testing'] } },
    'apps/cli/src/bad.ts imports libs/testing/src/index.ts: type-table/app',
  ],
  [
    'a test that imports an app',
    { files: { 'libs/flow/src/bad.test.ts': `import '@x/cli';` } },
    'libs/flow/src/bad.test.ts imports apps/cli/src/index.ts: declared-packages-only/libs/flow',
    'libs/flow/src/bad.test.ts imports apps/cli/src/index.ts: type-table/tests',
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
    'tools/other/src/bad.ts imports tools/bench/src/index.ts: type-table/tool',
  ],
  [
    'a relative import of another project',
    { files: { 'libs/flow/src/bad.ts': `export {} from '../../model/src/index.ts';` } },
    'libs/flow/src/bad.ts imports libs/model/src/index.ts: no-path-across-projects',
  ],
  [
    'a relative import of a folder whose name begins like that of the project',
    { files: { 'libs/flow/src/bad.ts': `import '../../flow-notes/text.ts';`, 'libs/flow-notes/text.ts': '' } },
    'libs/flow/src/bad.ts imports libs/flow-notes/text.ts: no-path-across-projects',
  ],
  [
    'a path from the root of the disk',
    { files: { 'libs/flow/src/bad.ts': `import '${import.meta.filename}'; import '${import.meta.url}';` } },
    `libs/flow/src/bad.ts imports ${import.meta.filename}: no-path-across-projects`,
    `libs/flow/src/bad.ts imports ${import.meta.url}: no-path-across-projects`,
  ],
  [
    'a relative type import in a test',
    { files: { 'libs/flow/src/bad.test.ts': `export type A = typeof import('../../model/src/index.ts');` } },
    'libs/flow/src/bad.test.ts imports libs/model/src/index.ts: no-path-across-projects',
  ],
  [
    'a deep import',
    { files: { 'libs/flow/src/bad.ts': `await import('@x/model/src/index.ts');` } },
    'libs/flow/src/bad.ts imports @x/model/src/index.ts: no-unresolvable',
  ],
  [
    'a workspace package that is not declared',
    { files: { 'libs/store/src/bad.ts': `import '@x/retry';` } },
    'libs/store/src/bad.ts imports libs/retry/src/index.ts: declared-packages-only/libs/store',
  ],
  [
    'a vendor package that is not declared',
    { files: { 'libs/flow/src/bad.ts': `import 'vendor/part.js';` } },
    'libs/flow/src/bad.ts imports node_modules/vendor/part.js: declared-packages-only/libs/flow',
  ],
  [
    'a development package of the root outside tests',
    { files: { 'libs/flow/src/bad.ts': `import 'runner';` } },
    'libs/flow/src/bad.ts imports node_modules/runner/index.js: declared-packages-only/libs/flow',
  ],
  [
    'a vendor package that is not declared, in a test',
    { files: { 'libs/flow/src/bad.test.ts': `import 'vendor';` } },
    'libs/flow/src/bad.test.ts imports node_modules/vendor/index.js: declared-packages-only/libs/flow',
  ],
  [
    'a node module in runtime:any',
    { files: { 'libs/model/src/bad.ts': `import 'node:sqlite';` } },
    'libs/model/src/bad.ts imports node:sqlite: runtime-any-without-node',
  ],
  [
    'a node module without its prefix in runtime:any',
    { files: { 'libs/model/src/bad.ts': `import 'fs/promises';` } },
    'libs/model/src/bad.ts imports fs/promises: runtime-any-without-node',
  ],
  [
    'a node module by process.getBuiltinModule in runtime:any',
    { files: { 'libs/model/src/bad.ts': `process.getBuiltinModule('node:os');` } },
    'libs/model/src/bad.ts imports os: runtime-any-without-node',
  ],
  [
    'a runtime:fs project in runtime:any',
    { files: { 'libs/store/src/bad.ts': `import '@x/disk';` }, declare: { store: ['@x/disk'] } },
    'libs/store/src/bad.ts imports libs/disk/src/index.ts: runtime-any-without-fs-projects',
  ],
  [
    'citty outside an app',
    { files: { 'libs/disk/src/bad.ts': `import 'citty';` }, declare: { disk: ['citty'] } },
    'libs/disk/src/bad.ts imports node_modules/citty/index.js: terminal-in-apps-only',
  ],
  [
    'consola in a tool',
    { files: { 'tools/bench/src/bad.ts': `import 'consola/basic.js';` }, declare: { bench: ['consola'] } },
    'tools/bench/src/bad.ts imports node_modules/consola/basic.js: terminal-in-apps-only',
  ],
  [
    'a circle of files that includes a type import',
    {
      files: {
        'libs/flow/src/one.ts': `import './two.ts';`,
        'libs/flow/src/two.ts': `import type {} from './three.ts';`,
        'libs/flow/src/three.ts': `export * from './one.ts';`,
      },
    },
    'libs/flow/src/one.ts imports itself by way of libs/flow/src/two.ts -> libs/flow/src/three.ts -> libs/flow/src/one.ts: no-circles',
  ],
  [
    'a circle of folders without a circle of files',
    {
      files: {
        'libs/flow/src/one/up.ts': `import '../two/low.ts';`,
        'libs/flow/src/one/low.ts': 'export {};',
        'libs/flow/src/two/up.ts': `import '../one/low.ts';`,
        'libs/flow/src/two/low.ts': 'export {};',
      },
    },
    'libs/flow/src/two imports itself by way of libs/flow/src/one -> libs/flow/src/two: no-folder-circles',
  ],
  [
    'an import of a file that does not exist',
    { files: { 'libs/flow/src/bad.ts': `import './gone.ts';` } },
    'libs/flow/src/bad.ts imports ./gone.ts: no-unresolvable',
  ],
  [
    'an import of a test file',
    {
      files: { 'libs/flow/src/bad.ts': `import './own.test.ts';`, 'libs/flow/src/own.test.ts': `import './index.ts';` },
    },
    'libs/flow/src/bad.ts imports libs/flow/src/own.test.ts: no-import-of-tests',
  ],
  [
    'a dependency that only a test uses',
    { files: { 'libs/flow/src/own.test.ts': `import 'vendor';` }, declare: { flow: ['vendor'] } },
    'libs/flow/package.json lists vendor: no-unused-dependencies',
  ],
  [
    'an import of a higher layer',
    {
      files: {
        ...LAYERED_FILES,
        'libs/flow/src/low/bad.ts': `import '../high/any.ts';`,
        'libs/flow/src/low/own.test.ts': `import '../top.ts';`,
        'libs/flow/src/high/bad.ts': `import '../index.ts';`,
      },
      limits: { layers: FLOW_LAYERS },
    },
    'libs/flow/src/high/bad.ts imports libs/flow/src/index.ts: layers/libs/flow/src',
    'libs/flow/src/low/bad.ts imports libs/flow/src/high/any.ts: layers/libs/flow/src',
    'libs/flow/src/low imports itself by way of libs/flow/src/high -> libs/flow/src/low: no-folder-circles',
  ],
  [
    'a layer that does not exist',
    { files: LAYERED_FILES, limits: { layers: { 'libs/flow/src': ['low', 'high', 'top.ts', 'roof'] } } },
    'libs/flow/src lacks roof: layers-exist',
  ],
  [
    'a folder with too many files',
    {
      files: {
        'libs/flow/src/many/one.ts': '',
        'libs/flow/src/many/two.ts': '',
        'libs/flow/src/many/three.ts': '',
        'libs/flow/src/enough/one.ts': '',
        'libs/flow/src/enough/two.ts': '',
        'libs/flow/src/enough/two.test.ts': '',
      },
      limits: { folderFilesMax: 2 },
    },
    'libs/flow/src/many holds 3 source files: small-folders',
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
    'a runtime:any folder that .oxlintrc.json lacks',
    {
      files: {
        'libs/new/package.json': JSON.stringify({ nx: { tags: ['type:core', 'runtime:any'] } }),
      },
    },
    '.oxlintrc.json lacks libs/new/**/*.ts: oxlint-knows-runtime-any',
  ],
];

describe('one planted violation', () => {
  test.for(PLANTED)('the check reports %s and nothing else', async ([, planting, ...lines]) => {
    expect(await violationsOf(planting)).toEqual(lines);
  });

  test('the check reports a folder of .oxlintrc.json that is not runtime:any', async () => {
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

  test('every rule about imports is broken by a planted violation', () => {
    using workspace = plantWorkspace();
    const kindOf = (rule = ''): string | undefined => rule.split(': ').at(-1)?.split('/')[0];
    const named = PLANTED.flatMap(([, , ...lines]) => lines.map(kindOf));
    const rules = importRules(readWorkspace(workspace.root), FLOW_LAYERS).map(({ name }) => kindOf(name));
    expect(rules.filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('the table', () => {
  test('the table allows exactly these pairs of types in code and in tests', async () => {
    const types = TYPE_TAGS;
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
    // Repeated here on purpose, so that nobody changes the table by accident.
    expect(allowed('.ts')).toEqual([
      'util > model',
      'core > model',
      'core > util',
      'core > core',
      'adapter > model',
      'adapter > util',
      'client > model',
      'client > util',
      'client > core',
      'client > adapter',
      'client > client',
      'testing > model',
      'testing > util',
      'testing > core',
      'testing > adapter',
      'testing > testing',
      'app > model',
      'app > util',
      'app > core',
      'app > adapter',
      'app > client',
      'e2e > model',
      'e2e > util',
      'e2e > core',
      'e2e > adapter',
      'e2e > client',
      'e2e > testing',
      'e2e > app',
      'tool > model',
      'tool > testing',
    ]);
    expect(refused('.test.ts')).toEqual(
      types.flatMap((from) =>
        ['app', 'e2e', 'tool'].filter((to) => `${from} ${to}` !== 'e2e app').map((to) => `${from} > ${to}`),
      ),
    );
  });
});

describe('a clean workspace', () => {
  test('a clean workspace passes, with imports that only tests may have, and without a look into generated folders', async () => {
    using workspace = plantWorkspace({
      files: {
        'libs/model/src/free.test.ts': `import 'node:fs'; import 'runner'; import '@x/testing'; import '@x/vectors';`,
        'libs/flow/src/own.ts': `import './index.ts'; import '../package.json' with { type: 'json' };`,
        'libs/disk/src/own.ts': `import 'node:fs';`,
        'libs/testing/src/suite.ts': `import 'runner';`,
        'libs/flow/src/one/any.ts': 'export {};',
        'libs/flow/src/one/any.test.ts': `import '../two/any.ts';`,
        'libs/flow/src/two/any.ts': 'export {};',
        'libs/flow/src/two/any.test.ts': `import '../one/any.ts';`,
        'libs/flow/out-tsc/lib/old.js': `import 'citty';`,
        'libs/flow/node_modules/dep/index.js': `import 'citty';`,
      },
    });
    const { violations, fileCount, projectCount } = await checkBoundaries(workspace.root);
    expect(violations).toEqual([]);
    expect({ fileCount, projectCount }).toEqual({ fileCount: 17, projectCount: 9 });
  });

  test('a workspace passes when layers import those before them', async () => {
    expect(await violationsOf({ files: LAYERED_FILES, limits: { layers: FLOW_LAYERS } })).toEqual([]);
  });

  test('this repository passes', async () => {
    const { violations, fileCount } = await checkBoundaries(REPOSITORY);
    expect(violations).toEqual([]);
    expect(Object.keys(LAYERS).filter((folder) => !existsSync(join(REPOSITORY, folder)))).toEqual([]);
    expect(fileCount).toBeGreaterThan(10);
  });
});

describe('the command', () => {
  const run = promisify(execFile);
  const script = join(import.meta.dirname, 'check.ts');

  test('the command prints the advice for a violation and exits with 1', async () => {
    using workspace = plantWorkspace({ files: { 'libs/disk/src/bad.ts': `import 'vendor';` } });
    await expect(run(process.execPath, [script, workspace.root])).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'libs/disk/src/bad.ts imports node_modules/vendor/index.js: declared-packages-only/libs/disk: ' +
        'add it to the dependencies in its package.json, for a test to the devDependencies\n',
    });
  });

  test('the command prints the numbers of files and projects and exits with 0, from any folder', async () => {
    using workspace = plantWorkspace();
    const { stdout } = await run(process.execPath, [script, workspace.root], { cwd: import.meta.dirname });
    expect(stdout).toBe('boundaries hold: 9 files in 9 projects\n');
  });
});
