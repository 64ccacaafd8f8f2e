import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORPUS_FLAGS, FLAGS, type FlagName } from '@lockstep/indexer/settings/flags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCorpusWorkspace, type CorpusWorkspace } from './corpus-workspace.ts';
import { REPOSITORY } from './workspace-copy.ts';

const RECORDS = [
  { id: 'a', text: 'The whale was white as snow.', lang: 'en' },
  { id: 'b', text: 'Le capitaine marchait sur une jambe d’ivoire.', lang: 'fr' },
];

/** The generators as Nx runs them. */
describe('the generators of the plugin', { timeout: 120_000 }, () => {
  let workspace: CorpusWorkspace;
  const path = (...parts: string[]) => join(workspace.root, ...parts);
  beforeAll(async () => {
    workspace = await createCorpusWorkspace();
    workspace.writeCorpus('docs', RECORDS);
    rmSync(path('docs/corpus.json'));
  });
  afterAll(() => workspace.dispose());

  it('corpus writes what `lockstep init` would, and nothing with --dry-run', async () => {
    const args = ['g', '@lockstep/nx:corpus', 'docs/chunks.json', '--corpus=my-docs', '--payload=lang'];
    const tried = await workspace.run('nx', [...args, '--dry-run']);
    expect([tried.exit, tried.output]).toEqual([0, expect.stringContaining('CREATE docs/corpus.json')]);
    expect(existsSync(path('docs/corpus.json'))).toBe(false);
    const { exit, output } = await workspace.run('nx', args);
    expect([exit, output]).toEqual([0, expect.stringContaining('2 of 2 records of docs/chunks.json become chunks')]);
    expect(output).toContain('Next: npx nx run my-docs:load');
    const written = readFileSync(path('docs/corpus.json'), 'utf8');
    expect(JSON.parse(written)).toMatchObject({ name: 'my-docs', input: 'chunks.json', payload: ['lang'] });
    rmSync(path('docs/corpus.json'));
    const indexer = path('node_modules/@lockstep/indexer/bin/indexer.js');
    await workspace.run('node', [indexer, 'init', 'docs/chunks.json', '--corpus', 'my-docs', '--payload', 'lang']);
    expect(readFileSync(path('docs/corpus.json'), 'utf8')).toBe(written);
    const again = await workspace.run('nx', args);
    expect([again.exit, again.output]).toEqual([1, expect.stringContaining('error config-exists')]);
    expect(again.output).not.toContain('    at ');
  });

  it('corpus writes nothing for a file that cannot be loaded, and says why', async () => {
    writeFileSync(path('empty.json'), '[{"id":1}]');
    const { exit, output } = await workspace.run('nx', ['g', '@lockstep/nx:corpus', 'empty.json', '--folder=empty']);
    expect([exit, output]).toEqual([1, expect.stringContaining('No corpus.json was written for empty.json')]);
    expect(output).toMatch(/^error \S+ in /m);
    expect(existsSync(path('empty'))).toBe(false);
  });

  it('corpus --help lists every flag of a corpus as `indexer init --help` describes it', async () => {
    const { output } = await workspace.run('nx', ['g', '@lockstep/nx:corpus', '--help']);
    const { properties } = JSON.parse(
      readFileSync(join(REPOSITORY, 'tools/nx-corpus/schemas/corpus.schema.json'), 'utf8'),
    ) as { readonly properties: Readonly<Record<string, { readonly description: string }>> };
    const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const described = Object.entries(properties).map(([name, { description }]) => [kebab(name), description]);
    const flags: readonly FlagName[] = [...CORPUS_FLAGS, 'folder'];
    expect(described.slice(1).toSorted()).toEqual(flags.map((name) => [name, FLAGS[name].help]).toSorted());
    for (const name of Object.keys(properties)) expect(output).toContain(`--${name}`);
  });
});
