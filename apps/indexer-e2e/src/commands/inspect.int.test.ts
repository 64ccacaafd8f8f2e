import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow } from '../support/files-below.ts';
import { runIndexer } from '../support/run-indexer.ts';

const FIELD = join(import.meta.dirname, '../../../../fixtures/field');

let root: string;
let server: Server;
let connections: number;
let services: Readonly<Record<string, string>>;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-inspect-'));
  connections = 0;
  server = createServer((_request, response) => response.end()).on('connection', () => (connections += 1));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  services = {
    OPENAI_BASE_URL: `http://${address}/v1`,
    QDRANT_HOST: `http://${address}`,
    NEON_POSTGRES_CONNECTION_STRING: `postgresql://user@${address}/db`,
  };
});
afterEach(async () => {
  await new Promise((closed) => server.close(closed));
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Inspects with services that count connections, and checks that none was made and no file written. */
async function inspect(args: readonly string[], environment: Readonly<Record<string, string>> = services) {
  const before = filesBelow(root).map(({ path }) => path);
  const run = await runIndexer(root, ['inspect', ...args], environment);
  expect(filesBelow(root).map(({ path }) => path)).toEqual(before);
  expect(connections).toBe(0);
  return run;
}

const sentence = 'The gear train turns the wheel and the wheel turns the shaft. ';
const LONG = Array.from({ length: 5 }, (_, at) => JSON.stringify({ id: `${at}`, page: at, text: sentence.repeat(24) }));

describe('indexer inspect', () => {
  it('shows form, texts, windows, tokens, prices, keys and the corpus.json of a file, with nothing configured', async () => {
    put('chunks.jsonl', LONG.join('\n'));
    const { exit, stdout, stderr } = await inspect(['chunks.jsonl'], {});
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatchInlineSnapshot(`
      "chunks.jsonl
        records   5; 5 can be loaded
        form      JSON lines
        shape     Lockstep's own records
        id        id
        text      text

      Texts: 5, 1 different, 7.4 kB; by tokens of embedded/all-minilm-l6-v2
        257-512  5  ########################################

        model                        reads  too long  windows  tokens      price
        embedded/all-minilm-l6-v2 *    256         5       10     340       free
        text-embedding-3-small       8,192         0        0     313  < $0.0001
        text-embedding-3-large       8,192         0        0     313  < $0.0001
        text-embedding-ada-002       8,192         0        0     313  < $0.0001
        * in use
        too long: embedded whole, in windows whose vectors are averaged

      Keys that \`payload\` may name, to filter searches by
        page  5  number, such as 0

      corpus.json, as \`indexer init\` writes it
        {
          "name": "chunks",
          "input": "chunks.jsonl"
        }
      "
    `);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('says of ids that count anew in each document what makes them unique, and ends as validate does', async () => {
    copyFileSync(join(FIELD, 'id-counts-within-document/chunks.jsonl'), join(root, 'essays.jsonl'));
    const { exit, stdout } = await inspect(['essays.jsonl']);
    expect(exit).toBe(1);
    expect(stdout).toContain('25 repeat one of 5 ids and differ');
    expect(stdout).toContain('Refused (id-not-unique)');
    expect(stdout).toContain('Try --id url,chunk_id');
    const json = await inspect(['essays.jsonl', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      error: { code: 'id-not-unique' },
      ids: { repeated: { uniqueId: ['url', 'chunk_id'] } },
      corpusJson: { name: 'essays', input: 'essays.jsonl', fields: { id: ['url', 'chunk_id'] } },
    });
    const mended = await inspect(['essays.jsonl', '--id', 'url,chunk_id', '--json']);
    expect([mended.exit, JSON.parse(mended.stdout)]).toMatchObject([0, { ok: true, accepted: 30 }]);
    expect((await runIndexer(root, ['validate', 'essays.jsonl'])).exit).toBe(1);
  });

  it('counts for every known model, of which that of the services in use comes first', async () => {
    copyFileSync(join(FIELD, 'openai-cookbook-csv/vector_database_wikipedia_articles.csv'), join(root, 'articles.csv'));
    const { exit, stdout } = await inspect([
      'articles.csv',
      '--model',
      'text-embedding-3-large',
      '--price',
      '1',
      '--json',
    ]);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      forms: [{ form: 'csv' }],
      from: { id: [{ path: 'id' }], text: [{ path: 'text' }] },
      models: [
        { model: 'text-embedding-3-large', inUse: true, tokens: 9, dollars: 9 / 1e6 },
        { model: 'text-embedding-3-small' },
        { model: 'text-embedding-3-large', inUse: false },
        { model: 'text-embedding-ada-002' },
        { model: 'embedded/all-minilm-l6-v2', dollars: 0 },
      ],
      corpusJson: { input: 'articles.csv', model: 'text-embedding-3-large' },
    });
  });

  it('explains a file of which too much would be left out, or that cannot be read, with the exit code of validate', async () => {
    const records = Array.from({ length: 30 }, (_, at) => (at % 3 === 0 ? { id: at, text: `Text ${at}` } : { id: at }));
    put('bad.json', JSON.stringify(records));
    const bad = await inspect(['bad.json']);
    expect(bad.exit).toBe(4);
    expect(bad.stdout).toContain('missing-text, first of 20: record 2, line 1');
    expect(bad.stdout).toContain('Refused (too-many-rejected)');
    put(
      'prose.jsonl',
      '{"nr":1,"prose":"A sentence of some length about nothing."}\n{"nr":2,"prose":"And another of its kind."}',
    );
    const unknown = await inspect(['prose.jsonl']);
    expect(unknown.exit).toBe(1);
    expect(unknown.stdout).toContain('Its longest texts are in prose. Try --text prose');
    put('a.json', '%PDF-1.7 and so on');
    const pdf = await inspect(['a.json', '--json']);
    expect([pdf.exit, JSON.parse(pdf.stdout)]).toMatchObject([
      1,
      { ok: false, error: { code: 'input-form', stage: 'inspect' } },
    ]);
    const strict = await inspect(['bad.json', '--strict', '--max-rejected-percent', '100']);
    expect(strict.exit).toBe(3);
  });

  it('sorts what does not fit in memory outside the workspace, and leaves nothing behind', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'lockstep-inspect-tmp-'));
    try {
      const filler = 'x'.repeat(900);
      put(
        'many.jsonl',
        Array.from({ length: 12_000 }, (_, at) => JSON.stringify({ text: `${at % 6000}`, filler })).join('\n'),
      );
      const { exit, stdout } = await inspect(['many.jsonl', '--json'], { ...services, TMPDIR: temporary });
      expect(exit).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ records: 12_000, duplicates: 6000, texts: { distinct: 6000 } });
      // Node keeps its compiled code there.
      const left = readdirSync(temporary).filter((name) => name !== 'node-compile-cache');
      expect(left).toEqual([]);
    } finally {
      rmSync(temporary, { recursive: true });
    }
  });
});

describe('indexer init', () => {
  const configOf = (folder: string): unknown => JSON.parse(readFileSync(join(root, folder, 'corpus.json'), 'utf8'));

  it('writes what was typed into a corpus.json that validate takes, and never replaces one', async () => {
    copyFileSync(join(FIELD, 'id-counts-within-document/chunks.jsonl'), join(root, 'essays.jsonl'));
    const refused = await runIndexer(root, ['init', 'essays.jsonl']);
    expect([refused.exit, refused.stderr]).toEqual([1, expect.stringContaining('error id-not-unique in init')]);
    const args = [
      'init',
      'essays.jsonl',
      '--id',
      'url,chunk_id',
      '--payload',
      'chapter_title',
      '--folder',
      'corpora/essays',
      '--corpus',
      'e',
    ];
    const { exit, stdout, stderr } = await runIndexer(root, args, { LOCKSTEP_MAX_REJECTED_PERCENT: '7' });
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      'wrote corpora/essays/corpus.json (30 of 30 records become chunks)\nnext  npx indexer run corpora/essays\n',
    );
    expect(configOf('corpora/essays')).toEqual({
      name: 'e',
      input: '../../essays.jsonl',
      fields: { id: ['url', 'chunk_id'] },
      payload: ['chapter_title'],
    });
    expect(filesBelow(root).map(({ path }) => path)).not.toContain('.lockstep');
    const validated = await runIndexer(root, ['validate', 'corpora/essays', '--json']);
    expect([validated.exit, JSON.parse(validated.stdout)]).toMatchObject([0, { corpus: 'e', accepted: 30 }]);
    const again = await runIndexer(root, args);
    expect([again.exit, again.stderr]).toEqual([2, expect.stringContaining('error config-exists')]);
    const elsewhere = await runIndexer(root, [...args.slice(0, -4), '--corpus', 'e']);
    expect([elsewhere.exit, elsewhere.stderr]).toEqual([2, expect.stringContaining('has the name e already')]);
  });

  it('writes nothing where a payload field is misspelt or the input cannot be loaded', async () => {
    put('chunks.jsonl', LONG.join('\n'));
    const typo = await runIndexer(root, ['init', 'chunks.jsonl', '--payload', 'pag']);
    expect([typo.exit, typo.stderr]).toEqual([2, expect.stringContaining('Did you mean "page"?')]);
    put('chunks.jsonl', '{"id":1}');
    expect((await runIndexer(root, ['init', 'chunks.jsonl'])).exit).toBe(1);
    expect(filesBelow(root).map(({ path }) => path)).toEqual(['.', 'chunks.jsonl']);
  });

  it('names the Nx target in a workspace with the plugin, and what Nx does not see of what git ignores', async () => {
    put('nx.json', '{"plugins":["@lockstep/nx"]}');
    put('docs/chunks.jsonl', LONG.join('\n'));
    put('.gitignore', '*.jsonl\nhidden/\n');
    execFileSync('git', ['init', '-q'], { cwd: root });
    const { stdout } = await runIndexer(root, ['init', 'docs/chunks.jsonl', '--corpus', 'docs']);
    expect(stdout).toContain('next  npx nx run docs:load\n');
    expect(stdout).toContain('note  git ignores the input');
    const hidden = await runIndexer(root, [
      'init',
      'docs/chunks.jsonl',
      '--corpus',
      'hidden',
      '--folder',
      'hidden',
      '--json',
    ]);
    expect(JSON.parse(hidden.stdout)).toMatchObject({
      gitIgnores: 'folder',
      corpusJson: { input: '../docs/chunks.jsonl' },
    });
  });

  it('with --dry-run, prints the corpus.json and writes nothing', async () => {
    put('docs/chunks.jsonl', LONG.join('\n'));
    const args = ['init', 'docs/chunks.jsonl', '--corpus', 'docs', '--dry-run'];
    const shown = await runIndexer(root, args);
    expect([shown.exit, shown.stdout]).toEqual([0, expect.stringMatching(/^would write docs\/corpus\.json \(/)]);
    const { stdout } = await runIndexer(root, [...args, '--json']);
    const { corpusJson, dryRun, note } = JSON.parse(stdout);
    expect([dryRun, note]).toEqual([true, null]);
    const bare = (text: string): string => text.replaceAll(/\s/g, '');
    expect(bare(shown.stdout)).toContain(bare(JSON.stringify(corpusJson)));
    expect(filesBelow(root).map(({ path }) => path)).toEqual(['.', 'docs', 'docs/chunks.jsonl']);
    expect((await runIndexer(root, args.slice(0, -1))).exit).toBe(0);
    expect(configOf('docs')).toEqual(corpusJson);
  });

  it('takes a folder of files as one corpus with its corpus.json among them', async () => {
    put('docs/a.jsonl', LONG[0] ?? '');
    put('docs/b/b.jsonl', LONG[1] ?? '');
    expect((await runIndexer(root, ['init', 'docs'])).exit).toBe(0);
    expect(configOf('docs')).toEqual({ name: 'docs', input: '.' });
    const validated = await runIndexer(root, ['validate', 'docs', '--json']);
    expect(JSON.parse(validated.stdout)).toMatchObject({ corpus: 'docs', accepted: 2, files: { count: 2 } });
  });
});
