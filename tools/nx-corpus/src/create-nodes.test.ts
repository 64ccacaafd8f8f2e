import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AggregateCreateNodesError, CreateNodesResultArray } from '@nx/devkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodesV2 } from './create-nodes.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-plugin-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Makes each file, by its text or in a way of its own, and infers the projects of all. */
async function infer(files: Record<string, string | ((path: string) => void)>) {
  for (const [file, content] of Object.entries(files)) {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string') writeFileSync(path, content);
    else content(path);
  }
  const [, create] = createNodesV2;
  const results = await create(Object.keys(files), {}, { workspaceRoot: root, nxJsonConfiguration: {} });
  return projectsOf(results);
}

function projectsOf(results: CreateNodesResultArray) {
  return Object.assign({}, ...results.map(([, { projects }]) => projects)) as ReturnType<typeof JSON.parse>;
}

const docs = { 'docs/a/corpus.json': '{"name":"a","input":"../shared/chunks.json"}' };

it('infers a project with every stage for each corpus.json', async () => {
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

it('caches what reads files or asked the store, and never provision or verify', async () => {
  const { targets } = (await infer(docs))['docs/a'];
  const cached = Object.keys(targets).filter((target) => targets[target].cache === true);
  expect(cached).toEqual(['validate', 'embed', 'load-qdrant', 'load-neon']);
});

it('makes a load depend on the slice, the chunks and its own store’s nonce, and not on the other’s', async () => {
  const { targets } = (await infer(docs))['docs/a'];
  const files = (target: string) =>
    targets[target].inputs.flatMap(
      (input: { dependentTasksOutputFiles?: string }) => input.dependentTasksOutputFiles ?? [],
    );
  expect(files('load-qdrant')).toEqual(['**/{chunks,held,slice,refused}.jsonl', '**/qdrant.nonce']);
  expect(files('load-neon')).toEqual(['**/{chunks,held,slice,refused}.jsonl', '**/neon.nonce']);
});

it('takes the input file wherever it is, and names the packages that matter', async () => {
  const { inputs } = (await infer(docs))['docs/a'].targets.validate;
  expect(inputs).toContain('{workspaceRoot}/docs/shared/chunks.json');
  expect(inputs).toContainEqual({ externalDependencies: expect.arrayContaining(['openai', 'valibot']) });
});

it('gives the same projects for the same files', async () => {
  expect(await infer(docs)).toEqual(await infer(docs));
});

const linkTo = (target: string) => (path: string) => symlinkSync(target, path);

it.each<[what: string, content: string | ((path: string) => void), says: RegExp]>([
  ['what is not JSON', '{', /is not JSON/],
  ['an array', '[]', /"name" and "input"/],
  ['no input', '{"name":"a"}', /"name" and "input"/],
  ['a name that is a number', '{"name":1,"input":"x"}', /to be strings/],
  ['a folder', (path) => mkdirSync(path), /: expected a regular file\.$/],
  ['a device', linkTo('/dev/null'), /: expected a regular file\.$/],
  ['a link to nothing', linkTo('nothing'), /cannot be read \(ENOENT\)/],
])('refuses a corpus.json that is %s, naming the file, and infers all others', async (_what, content, says) => {
  const failure = await infer({ 'x/corpus.json': content, ...docs }).catch((error: unknown) => error);
  const { errors, partialResults } = failure as AggregateCreateNodesError;
  expect(errors).toEqual([['x/corpus.json', expect.objectContaining({ message: expect.stringMatching(says) })]]);
  expect(errors[0]?.[1].message).toMatch(/^x\/corpus\.json/);
  expect(projectsOf(partialResults)).toEqual(await infer(docs));
});
