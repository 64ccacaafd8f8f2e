import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodesV2 } from './create-nodes.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-plugin-'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function infer(files: Record<string, string>) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const [, create] = createNodesV2;
  const results = await create(Object.keys(files), {}, { workspaceRoot: root, nxJsonConfiguration: {} });
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

it.each(['{', '[]', '{"name":"a"}', '{"name":1,"input":"x"}'])(
  'refuses corpus.json %s, naming the file',
  async (text) => {
    const failure = await infer({ 'x/corpus.json': text }).catch((error: unknown) => error);
    const [[file, cause]] = (failure as { errors: [[string, Error]] }).errors;
    expect(file).toBe('x/corpus.json');
    expect(cause.message).toMatch(/^x\/corpus\.json/);
  },
);
