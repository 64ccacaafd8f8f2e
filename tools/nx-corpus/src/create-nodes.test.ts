import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { logger, type CreateNodesResultArray } from '@nx/devkit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createNodesV2 } from './create-nodes.ts';

/** The program as it is here. */
const OPTIONS = {
  command: `"${process.execPath}" ${resolve(import.meta.dirname, '../../../apps/indexer/bin/indexer.js')}`,
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-plugin-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Creates each file, with its text or by its function, and infers the projects of all. */
async function infer(files: Record<string, string | ((path: string) => void)>) {
  for (const [file, content] of Object.entries(files)) {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string') writeFileSync(path, content);
    else content(path);
  }
  const [, create] = createNodesV2;
  const results = await create(Object.keys(files), OPTIONS, { workspaceRoot: root, nxJsonConfiguration: {} });
  return projectsOf(results);
}

function projectsOf(results: CreateNodesResultArray) {
  return Object.assign({}, ...results.map(([, { projects }]) => projects)) as ReturnType<typeof JSON.parse>;
}

const docs = { 'docs/a/corpus.json': '{"name":"a","input":"../shared/chunks.json"}' };

it('the plugin infers a project with every stage for each corpus.json', async () => {
  const projects = await infer({ ...docs, 'b/corpus.json': '{"name":"b","input":"c.jsonl"}' });
  expect(Object.keys(projects)).toEqual(['docs/a', 'b']);
  expect(projects['docs/a']).toMatchObject({ name: 'a', tags: ['type:corpus'] });
  expect(Object.keys(projects['docs/a'].targets)).toEqual([
    'validate',
    'embed',
    'provision',
    'load-qdrant',
    'load-neon',
    'verify',
    'load',
  ]);
});

it('validate, embed and the loads are cached, and provision and verify are not', async () => {
  const { targets } = (await infer(docs))['docs/a'];
  const cached = Object.keys(targets).filter((target) => targets[target].cache === true);
  expect(cached).toEqual(['validate', 'embed', 'load-qdrant', 'load-neon']);
});

it('a load depends on the slice, the chunks and the nonce of its own store, and not on that of the other', async () => {
  const { targets } = (await infer(docs))['docs/a'];
  const files = (target: string) =>
    targets[target].inputs.flatMap(
      (input: { dependentTasksOutputFiles?: string }) => input.dependentTasksOutputFiles ?? [],
    );
  expect(files('load-qdrant')).toEqual(['**/{chunks,held,slice,refused}.jsonl', '**/qdrant.nonce']);
  expect(files('load-neon')).toEqual(['**/{chunks,held,slice,refused}.jsonl', '**/neon.nonce']);
});

it('validate depends on an input file in another folder, the installed program and the limit of rejected records', async () => {
  const { inputs } = (await infer(docs))['docs/a'].targets.validate;
  expect(inputs).toContain('{workspaceRoot}/docs/shared/chunks.json');
  expect(inputs).toContainEqual({ externalDependencies: ['@lockstep/indexer'] });
  expect(inputs).toContainEqual({ env: 'LOCKSTEP_MAX_REJECTED_PERCENT' });
});

it.each<[input: unknown, files: string[], cache: boolean]>([
  ['c.json', ['{workspaceRoot}/docs/a/c.json', '{workspaceRoot}/docs/a/c.json/**/*'], true],
  ['chunks/', ['{workspaceRoot}/docs/a/chunks', '{workspaceRoot}/docs/a/chunks/**/*'], true],
  [['../*.json', 'x/**/*.{csv,tsv}'], ['{workspaceRoot}/docs/*.json', '{workspaceRoot}/docs/a/x/**/*.{csv,tsv}'], true],
  ['../..', ['{workspaceRoot}/**/*'], true],
  [['/outside.json', '../../../outside'], [], true],
  [[{ url: 'https://host.invalid/a', sha256: 'x' }], [], true],
  [[{ url: 'https://host.invalid/a' }, 'c*.json'], ['{workspaceRoot}/docs/a/c*.json'], false],
])('validate of a corpus with the input %j depends on %j, and its cache is %s', async (input, files, cache) => {
  const { targets } = (await infer({ 'docs/a/corpus.json': JSON.stringify({ name: 'a', input }) }))['docs/a'];
  const code = (file: string) => /^\{workspaceRoot\}\/(apps|libs)\//.test(file);
  const named = targets.validate.inputs.filter((each: unknown) => typeof each === 'string' && each.startsWith('{w'));
  expect(named.filter((each: string) => !code(each))).toEqual(files);
  expect([targets.validate.cache, targets.embed.cache]).toEqual([cache, true]);
});

it('the plugin infers the same projects for the same files', async () => {
  expect(await infer(docs)).toEqual(await infer(docs));
});

const linkTo = (target: string) => (path: string) => symlinkSync(target, path);

/** Runs the validate of a project, as Nx does. */
function validate(projects: Awaited<ReturnType<typeof infer>>, folder: string) {
  const { command } = projects[folder].targets.validate.options as { command: string };
  const { NX_TASK_TARGET_PROJECT: _, ...variables } = process.env;
  return spawnSync(command, {
    cwd: root,
    shell: true,
    encoding: 'utf8',
    env: { ...variables, NX_TASK_TARGET_PROJECT: projects[folder].name },
  });
}

it.each<[what: string, content: string | ((path: string) => void), name: string, says: RegExp]>([
  ['no JSON', '{"name":"a"', 'x', /config-invalid: x\/corpus\.json is not JSON/],
  ['empty', '', 'x', /config-invalid: x\/corpus\.json is not JSON/],
  [
    'an object with a misspelt input',
    '{"name":"b","inptu":"x"}',
    'b',
    /input: expected a path to the chunks, found not/,
  ],
  ['an object of our schema', '{"$schema":"../corpus.schema.json","a":1,"b":2,"c":3}', 'x', /there is no field "a"/],
  ['an object with a number as name', '{"name":1,"input":"x"}', 'x', /name: expected a text, found 1/],
  [
    'an object with a name that no corpus can have',
    '{"name":"../b","input":"x"}',
    'x',
    /name: expected 1 to 64 of a-z/,
  ],
  ['an object with an empty name', '{"name":"","input":"x"}', 'x', /name: expected 1 to 64 of a-z/],
  ['an object with a number as input', '{"name":"b","input":[5]}', 'b', /input: expected a path, a list of paths/],
  ['an object with a wrong value', '{"name":"b","input":"c.json","deletes":1}', 'b', /deletes: expected one of full/],
  ['a device', linkTo('/dev/null'), 'x', /config-invalid: x\/corpus\.json: expected a regular file/],
  ['a link to nothing', linkTo('nothing'), 'x', /input-missing: "x\/corpus\.json" does not exist/],
])(
  'a corpus.json that is %s gets a project whose validate says so, and the other projects are as without it',
  async (_what, content, name, says) => {
    const projects = await infer({ 'x/corpus.json': content, ...docs });
    const { x, ...others } = projects;
    expect(others).toEqual(await infer(docs));
    expect([x.name, x.targets.load.dependsOn, x.targets.embed.dependsOn]).toEqual([name, ['verify'], ['validate']]);
    const { status, stderr } = validate(projects, 'x');
    expect(stderr).toMatch(says);
    expect(status).toBe(2);
  },
);

it('two corpora of one name are projects that are named by their folders, whose validate names both files', async () => {
  const projects = await infer({ ...docs, 'docs/b/corpus.json': '{"name":"a","input":"c.json"}' });
  writeFileSync(join(root, 'docs/b/c.json'), '[{"id":"1","text":"Whales are mammals."}]');
  expect([projects['docs/a'].name, projects['docs/b'].name]).toEqual(['docs/a', 'docs/b']);
  const { status, stderr } = validate(projects, 'docs/b');
  expect(stderr).toContain('docs/a/corpus.json and docs/b/corpus.json have the same name, a');
  expect(status).toBe(2);
});

it.each<[what: string, content: string]>([
  ['an array', '[{"name":"a","input":"b"}]'],
  ['an object of another program', '{"name":"brown","language":"en","documents":[]}'],
  ['an object of another schema', '{"$schema":"https://example.org/nlp.json","name":"brown","model":"m"}'],
  ['more than a megabyte', JSON.stringify({ name: 'a', input: 'x'.repeat(1024 * 1024) })],
])(
  'a corpus.json that is %s is left out with one warning, and the other projects are inferred',
  async (_what, content) => {
    const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
    const file = `foreign-${content.length}/corpus.json`;
    const projects = await infer({ [file]: content, ...docs });
    expect(projects).toEqual(await infer(docs));
    await infer({ [file]: content });
    expect(warn.mock.calls).toEqual([[expect.stringContaining(`${file} is left out`)]]);
    warn.mockRestore();
  },
);
