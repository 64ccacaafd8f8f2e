import { logger, readJson, writeJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { initGenerator } from './init-generator.ts';

let tree: Tree;
let said: string[];
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
  tree.delete('.gitignore');
  said = [];
  vi.spyOn(logger, 'info').mockImplementation((line: string) => void said.push(line));
});
afterEach(() => vi.restoreAllMocks());

const text = (path: string) => tree.read(path, 'utf8') ?? '';
const contents = () => tree.listChanges().map(({ path, type, content }) => [path, type, content?.toString()]);

it('init registers the plugin, adds the project of all corpora, the packages, the ignored paths and the variables', () => {
  initGenerator(tree);
  expect(readJson(tree, 'nx.json')).toMatchObject({ plugins: ['@lockstep/nx'] });
  const { name, targets } = readJson<ReturnType<typeof JSON.parse>>(tree, 'indexer/project.json');
  expect([name, Object.keys(targets)]).toEqual(['indexer', ['load', 'plan', 'status']]);
  expect(targets.load.dependsOn).toEqual([{ projects: 'tag:type:corpus', target: 'load' }]);
  expect(text('.gitignore')).toBe('.lockstep\n.env\n');
  expect(text('.env.example')).toMatch(/^# Lockstep\.[^]*\nOPENAI_API_KEY=\n[^]*\nQDRANT_HOST=\n/);
  expect(Object.keys(readJson(tree, 'package.json').devDependencies)).toEqual([
    '@lockstep/embedded',
    '@lockstep/indexer',
  ]);
  expect(said).toEqual([
    'nx.json: added the plugin',
    'indexer/project.json: added the targets load, plan and status of all corpora',
    '.gitignore: added .lockstep and .env',
    expect.stringMatching(/^\.env\.example: added OPENAI_API_KEY, QDRANT_HOST/),
    'package.json: added @lockstep/indexer and @lockstep/embedded',
    'Next: nx g @lockstep/nx:corpus with a file of chunks',
  ]);
});

it('init changes nothing when it is run again', () => {
  initGenerator(tree);
  const first = contents();
  said = [];
  initGenerator(tree);
  expect(contents()).toEqual(first);
  expect(said.filter((line) => line.includes('added'))).toEqual([]);
});

it('init adds to what the user has, and replaces none of it', () => {
  const options = { plugin: '@lockstep/nx', options: { command: 'lockstep' } };
  writeJson(tree, 'nx.json', { plugins: ['@nx/js', options], parallel: 7 });
  writeJson(tree, 'package.json', { dependencies: { '@lockstep/indexer': 'file:indexer.tgz' } });
  tree.write('.gitignore', 'dist\n/.lockstep/');
  tree.write('.env.example', 'DATABASE_URL=\nexport QDRANT_HOST=example.org\n');
  initGenerator(tree);
  expect(readJson(tree, 'nx.json')).toEqual({ plugins: ['@nx/js', options], parallel: 7 });
  expect(readJson(tree, 'package.json')).toMatchObject({
    dependencies: { '@lockstep/indexer': 'file:indexer.tgz' },
    devDependencies: { '@lockstep/embedded': expect.any(String) },
  });
  expect(readJson(tree, 'package.json').devDependencies).not.toHaveProperty('@lockstep/indexer');
  expect(text('.gitignore')).toBe('dist\n/.lockstep/\n.env\n');
  expect(text('.env.example')).toMatch(/^DATABASE_URL=\nexport QDRANT_HOST=example\.org\n\n# Lockstep\./);
  expect(text('.env.example').match(/QDRANT_HOST/g)).toHaveLength(1);
});

it('init leaves an nx.json with comments as it is, and says what to add', () => {
  const nxJson = '{\n  // Three tasks at once.\n  "parallel": 3\n}\n';
  tree.write('nx.json', nxJson);
  initGenerator(tree);
  expect(text('nx.json')).toBe(nxJson);
  expect(said).toContainEqual(expect.stringContaining('"plugins" lack "@lockstep/nx", add it'));
});

it('init leaves a project with the name indexer as it is, and adds the targets to the one that is asked for', () => {
  const own = { name: 'indexer', targets: { build: {} } };
  writeJson(tree, 'apps/indexer/project.json', own);
  initGenerator(tree);
  expect(readJson(tree, 'apps/indexer/project.json')).toEqual(own);
  expect(tree.exists('indexer/project.json')).toBe(false);
  expect(said).toContainEqual(expect.stringContaining('init with --project=FOLDER'));
  initGenerator(tree, { project: 'tools/indexes' });
  expect(readJson(tree, 'tools/indexes/project.json')).toMatchObject({
    name: 'indexes',
    $schema: '../../node_modules/nx/schemas/project-schema.json',
  });
});
