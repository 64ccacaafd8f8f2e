import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';
import { stubOpenAiEnvironment } from '../support/stub-openai-environment.ts';

/** What people are told in situations that they met; each runs the program with a service that counts its requests. */
describe('what a run says', { timeout: 240_000 }, () => {
  let folder: string;
  let openai: StubOpenAi;
  const path = (...parts: string[]) => join(folder, ...parts);
  const run = (...args: string[]): Promise<IndexerRun> =>
    runIndexer(folder, args, stubOpenAiEnvironment(openai.baseUrl));
  function write(name: string, records: readonly object[]): void {
    mkdirSync(path(name, '..'), { recursive: true });
    writeFileSync(path(name), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
  const page = (id: string, source: string, line: number) => ({
    id,
    page_content: `Page ${id}.`,
    metadata: { source, loc: { lines: { from: line } } },
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-outcomes-'));
    writeFileSync(path('nx.json'), '{}');
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    openai = await startStubOpenAi({ dimensions: 1536 });
  });
  afterAll(async () => {
    await openai.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('payload-typo: a payload field that no chunk has is refused with near ones, and nothing is embedded', async () => {
    write('typo.jsonl', [page('1', 'a.pdf', 1)]);
    for (const only of [[], ['--only', 'embed']]) {
      const { exit, stderr } = await run('run', 'typo.jsonl', '--payload', 'sourc', ...only);
      expect(exit, stderr).toBe(2);
      expect(stderr).toContain('payload: no chunk has "sourc", and it is no column. Did you mean "source"?');
    }
    expect(openai.seen.requests).toBe(0);
  });

  it('payload-typo: a dotted path is nested in the payload, and a filter of Qdrant finds it', async () => {
    write('dotted.jsonl', [page('1', 'a.pdf', 1), page('2', 'b.pdf', 2)]);
    const done = await run('run', 'dotted.jsonl', '--payload', 'loc.lines.from,metadata.source');
    expect(done.exit, done.stderr).toBe(0);
    const qdrant = await startEmbeddedQdrant({ directory: path('.lockstep', 'qdrant') });
    try {
      const client = new QdrantClient({ url: qdrant.url, checkCompatibility: false });
      const find = async (key: string, value: string | number) =>
        (await client.scroll('book_vectors', { filter: { must: [{ key, match: { value } }] } })).points;
      expect(await find('loc.lines.from', 2)).toMatchObject([
        { payload: { chunk_id: '2', metadata: { source: 'b.pdf' } } },
      ]);
      expect(await find('metadata.source', 'a.pdf')).toMatchObject([{ payload: { loc: { lines: { from: 1 } } } }]);
      const { payload_schema: indexes } = await client.getCollection('book_vectors');
      expect(indexes).toMatchObject({ 'loc.lines.from': { data_type: 'keyword' } });
    } finally {
      await qdrant.close();
    }
  });

  it('new-uuid-each-export: a run and a plan say that only the ids are new, and --allow-deletes pays for nothing', async () => {
    const exported = (name: string) =>
      Array.from({ length: 30 }, (_, at) => ({ chunk_id: `${name}-${at}`, text: `Paragraph ${at}.` }));
    write('export.jsonl', exported('u1'));
    expect((await run('run', 'export.jsonl')).exit).toBe(0);
    write('export.jsonl', exported('u2'));
    const { requests } = openai.seen;
    const planned = await run('plan', 'export.jsonl');
    expect(planned.exit).toBe(4);
    expect(planned.stdout).toMatch(/of which the text is added under another id +30 +30/);
    const refused = await run('run', 'export.jsonl');
    expect(refused.exit).toBe(4);
    for (const said of [planned.stdout, refused.stderr]) {
      expect(said).toContain('only their ids are new: with --allow-deletes no text is lost');
      expect(said).toContain('fields.id');
    }
    const allowed = await run('run', 'export.jsonl', '--allow-deletes');
    expect(allowed.exit, allowed.stderr).toBe(0);
    expect(allowed.stdout).toContain('30 points written, 30 deleted');
    expect(openai.seen.requests).toBe(requests);
  });

  it('deletes-document-langchain-source: a warning names the line, and with it the stale chunks of a document go', async () => {
    const pages = (source: string, count: number) =>
      Array.from({ length: count }, (_, at) => page(`${source}-${at}`, `${source}.pdf`, at));
    write('lang/chunks.jsonl', [...pages('x', 4), ...pages('y', 4)]);
    const config = { name: 'lang', input: 'chunks.jsonl', deletes: 'document' };
    writeFileSync(path('lang', 'corpus.json'), JSON.stringify(config));
    const line = '"fields": { "document": "metadata.source" }';
    for (const command of ['validate', 'plan', 'run']) {
      const { exit, stdout, stderr } = await run(command, 'lang');
      expect(exit, stderr).toBe(0);
      expect(stdout).toContain(`WARNING: deletes is "document" and no chunk has a document`);
      expect(stdout).toContain(line);
    }
    writeFileSync(path('lang', 'corpus.json'), JSON.stringify({ ...config, ...JSON.parse(`{${line}}`) }));
    expect((await run('run', 'lang')).stdout).not.toContain('WARNING');
    write('lang/chunks.jsonl', pages('x', 2));
    const { stdout } = await run('run', 'lang');
    expect(stdout).toContain('load-qdrant: 0 points written, 2 deleted; 8 before, 6 now');
    expect(stdout).toContain('verify: in step (all fields compared): input 2, cache 2, qdrant 6, neon 6, 4 kept');
  });

  it('most-rejected-exit-0: an input of which much would be left out ends with 4, and names a file that is there', async () => {
    write('most.jsonl', [{ id: '1', text: 'One.' }, { id: '2' }, { id: '3' }]);
    const state = path('elsewhere');
    const { exit, stderr, stdout } = await run('run', 'most.jsonl', '--state-dir', state, '--json');
    expect(exit).toBe(4);
    expect(stderr).toContain(
      '2 of 3 records would be left out: 2 missing-text (record 2, line 2, id "2": has no text: ',
    );
    const file = /(\S+rejects\.jsonl) lists each\./.exec(stderr)?.[1] ?? '';
    expect(readFileSync(path(file), 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'too-many-rejected', details: { rejected: 2, records: 3 } },
    });
    const allowed = await run('run', 'most.jsonl', '--max-rejected-percent', '70', '--json');
    expect(allowed.exit, allowed.stderr).toBe(0);
    expect(JSON.parse(allowed.stdout)).toMatchObject({ validate: { rejects: [{ code: 'missing-text', count: 2 }] } });
    const planned = await run('plan', 'most.jsonl');
    expect(planned.stderr).toContain('`indexer validate most.jsonl` lists each in a file.');
  });

  it('a rejected record is named as people count, by its line, its id and the names of its keys', async () => {
    const records = Array.from({ length: 20 }, (_, at) => ({
      headline: `h${at}`,
      body: at === 6 ? null : `Text ${at}.`,
      ...(at < 5 && { source: `s${at}.md` }),
    }));
    writeFileSync(path('news.json'), JSON.stringify([{ id: 'x', text: ' ' }, ...records], null, 1));
    const { exit, stdout, stderr } = await run('validate', 'news.json', '--text', 'body');
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('news validate: 21 records, 19 accepted, 2 rejected, of which 1 held (the last good');
    expect(stdout).toContain(
      'read as records with the fields that were named: id from id (1 of 21 records), text from body (19 of 21 records), document from source (5 of 21 records)',
    );
    expect(stdout).toMatch(
      /^ {2}missing-text, first of 2: record 1, line 2, id "x": has no text: expected a text at "body" \(fields\.text\)$/m,
    );
    const rejects = readFileSync(path('.lockstep', 'news', 'validate', 'rejects.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rejects.map((line) => JSON.parse(line))).toMatchObject([
      { index: 0, line: 2, chunk_id: 'x', keys: ['id', 'text'] },
      { index: 7, chunk_id: null, code: 'missing-text', keys: ['headline', 'body'] },
    ]);
    const strict = await run('validate', 'news.json', '--text', 'body', '--strict');
    expect(strict.exit).toBe(3);
    expect(strict.stderr).toContain('2 missing-text (record 1, line 2, id "x": has no text: ');
    expect(strict.stderr).not.toContain('record-rejected');
  });

  it('nx-rejects-green: verify and summary end with what was left out, and after a drop summary does not say in step', async () => {
    write('green/chunks.jsonl', [
      { id: 'a1', text: 'one' },
      { id: 'a5', text: 'two' },
      { id: 'a1', text: 'other' },
    ]);
    writeFileSync(path('green', 'corpus.json'), JSON.stringify({ name: 'green', input: 'chunks.jsonl' }));
    const state = path('states');
    const leftOut =
      'green LEFT OUT: 1 of 3 records rejected (1 duplicate-id); states/green/validate/rejects.jsonl lists each';
    const ran = await run('run', 'green', '--state-dir', state);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout.trimEnd().split('\n').slice(-2)).toEqual([
      leftOut,
      '  duplicate-id: record 3, line 3, id "a1": chunk_id: record 1, line 1, has the same id and other content; the first is kept',
    ]);
    expect(`${ran.stdout}${ran.stderr}`.match(/duplicate-id:|record-rejected/g)).toHaveLength(1);
    const verified = JSON.parse((await run('verify', 'green', '--state-dir', state, '--json')).stdout);
    expect(verified.leftOut).toEqual({
      records: 3,
      rejected: 1,
      reasons: { 'duplicate-id': 1 },
      file: 'states/green/validate/rejects.jsonl',
    });
    expect((await run('verify', 'green', '--state-dir', state)).stdout.trimEnd().split('\n').at(-1)).toBe(leftOut);
    const summary = await run('summary', '--corpora', 'green', '--state-dir', state);
    expect(summary.exit, summary.stdout).toBe(0);
    expect(summary.stdout).toContain('  files    states/green/\n');
    expect(summary.stdout).toContain(`${leftOut}\ngreen is in step.`);
    expect((await run('drop', 'green', '--yes', '--state-dir', state)).exit).toBe(0);
    const dropped = await run('summary', '--corpora', 'green', '--state-dir', state);
    expect(dropped.exit).toBe(5);
    expect(dropped.stdout).toMatch(
      /^green {2}NOT LOADED: dropped \d{4}-\d\d-\d\d \d\d:\d\dZ\n {2}next {5}npx indexer run green\n/,
    );
    expect(dropped.stdout).not.toContain('in step.  Try');
  });

  it.each([
    [
      'gitignored-input-affected',
      'chunks.jsonl',
      'git ignores the input ignored-1/chunks.jsonl, so that `nx affected` never',
    ],
    ['gitignored-folder-nx', '*', 'git ignores ignored-2/corpus.json, so that Nx has no project ignored-2;'],
    ['an input that git knows', 'other', undefined],
  ])('%s: validate says what Nx does not see', async (what, pattern, says) => {
    const name =
      what === 'gitignored-input-affected' ? 'ignored-1' : what === 'gitignored-folder-nx' ? 'ignored-2' : 'seen';
    write(`${name}/chunks.jsonl`, [{ id: '1', text: 'A' }]);
    writeFileSync(path(name, 'corpus.json'), JSON.stringify({ name, input: 'chunks.jsonl' }));
    writeFileSync(path(name, '.gitignore'), `${pattern}\n`);
    const { exit, stdout, stderr } = await run('validate', name);
    expect(exit, stderr).toBe(0);
    if (says === undefined) expect(stdout).not.toContain('WARNING');
    else expect(stdout).toContain(`${name} WARNING: ${says}`);
  });

  it('a corpus.json of another program is no corpus of the workspace', async () => {
    mkdirSync(path('foreign'));
    writeFileSync(path('foreign', 'corpus.json'), '{"name":"brown","language":"en","documents":[]}');
    const { stdout, exit } = await run('status');
    // Some corpora of the tests before were validated and never loaded; 1 would say that one could not be checked.
    expect(exit).toBe(5);
    expect(stdout).not.toContain('brown');
    expect(stdout).not.toContain('could not be checked');
    expect(existsSync(path('.lockstep', 'brown'))).toBe(false);
  });
});
