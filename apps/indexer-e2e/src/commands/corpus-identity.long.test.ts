import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIndexer, startIndexer, type IndexerRun } from '../support/run-indexer.ts';

const TIMEOUT_MS = 240_000;

let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'lockstep-identity-'));
  writeFileSync(join(workspace, 'nx.json'), '{}');
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const indexer = (...args: string[]): Promise<IndexerRun> => runIndexer(workspace, args);

/** What a command printed as JSON, once it has ended with exit code 0. */
async function json(...args: string[]): Promise<ReturnType<typeof JSON.parse>> {
  const { exit, stdout, stderr } = await indexer(...args, '--json');
  expect(exit, `${stdout}${stderr}`).toBe(0);
  return JSON.parse(stdout);
}

function write(file: string, topic: string): void {
  const path = join(workspace, file);
  mkdirSync(dirname(path), { recursive: true });
  const records = Array.from({ length: 8 }, (_, at) => ({ id: `${topic}-${at}`, text: `About ${topic}, part ${at}.` }));
  writeFileSync(path, records.map((record) => JSON.stringify(record)).join('\n'));
}

describe('a corpus that is named after its file', { timeout: TIMEOUT_MS }, () => {
  it('same-name-two-folders: is not replaced by a file of that name in another folder, and the message has what to type for either meaning', async () => {
    write('a/chunks.jsonl', 'gardens');
    write('b/chunks.jsonl', 'harbours');
    await json('run', 'a/chunks.jsonl');
    for (const command of ['plan', 'run', 'embed']) {
      const { exit, stderr } = await indexer(command, 'b/chunks.jsonl');
      expect(exit).toBe(4);
      expect(stderr).toContain('chunks was loaded from "a/chunks.jsonl", and this run reads "b/chunks.jsonl"');
      expect(stderr).toContain('--corpus chunks puts this input in the place of the other');
      expect(stderr).toContain('--corpus b-chunks makes a second corpus of it');
    }
    expect(await json('run', 'b/chunks.jsonl', '--corpus', 'b-chunks')).toMatchObject({ verify: { ok: true } });
    expect(await json('run', 'a/chunks.jsonl')).toMatchObject({
      embed: { requests: 0 },
      plan: { stores: { neon: { inStep: true } } },
    });
    const replaced = await json('run', 'b/chunks.jsonl', '--corpus', 'chunks');
    expect(replaced).toMatchObject({ embed: { requests: 0 }, 'load-neon': { written: 8, deleted: 8 } });
  });

  it('is not cut down to some files of its folder unasked, and takes one more file of that folder', async () => {
    write('docs/a.jsonl', 'gardens');
    write('docs/b.jsonl', 'harbours');
    await json('run', 'docs');
    write('docs/c.jsonl', 'meadows');
    for (const some of [['docs/a*.jsonl'], ['docs/a.jsonl', 'docs/c.jsonl']]) {
      const { exit, stderr } = await indexer('plan', ...some);
      expect(exit).toBe(4);
      expect(stderr).toContain(`docs was loaded from "docs/", and this run reads "${some.join(' ')}"`);
    }
    const all = ['docs/a.jsonl', 'docs/b.jsonl', 'docs/c.jsonl'];
    expect(await json('plan', ...all)).toMatchObject({ stores: { neon: { plan: { add: 8, delete: 0 } } } });
  });

  it('whose name has other letters than a corpus can have gets a name of its own, which is logged', async () => {
    write('報告A.jsonl', 'reports');
    write('資料A.jsonl', 'documents');
    const names = [];
    for (const file of ['報告A.jsonl', '資料A.jsonl']) {
      const { exit, stderr } = await indexer('run', file);
      expect(exit, stderr).toBe(0);
      names.push(/(\S+) corpus-named after=/.exec(stderr)?.[1]);
    }
    expect(names).toEqual(['a-e00c942e', 'a-ab3d2136']);
    const { stdout } = await indexer('status');
    for (const name of names) expect(stdout).toContain(`${name}  in step`);
  });

  it('is whole under its new name, and gone under the old one, when a rename that was killed is run again', async () => {
    write('handbook.jsonl', 'handbooks');
    await json('run', 'handbook.jsonl');
    const renaming = startIndexer(workspace, ['rename', 'handbook', 'manual', '--yes']);
    renaming.killAfter('corpus-copied');
    expect((await renaming.ended).exit).toBeNull();
    expect(await json('rename', 'handbook', 'manual', '--yes')).toMatchObject({ copied: { qdrant: 0, neon: 0 } });
    expect(await json('run', 'handbook.jsonl', '--corpus', 'manual')).toMatchObject({
      embed: { requests: 0 },
      'load-qdrant': { written: 0, deleted: 0 },
      'load-neon': { written: 0, deleted: 0 },
      verify: { ok: true },
    });
    const { stdout } = await indexer('status');
    expect(stdout).toContain('manual  in step');
    expect(stdout).not.toContain('"handbook"');
  });

  it('renamed-file: is found by plan where its file has another name now, moved by rename, and neither paid for nor written again', async () => {
    write('handbook-v1.jsonl', 'handbooks');
    await json('run', 'handbook-v1.jsonl');
    renameSync(join(workspace, 'handbook-v1.jsonl'), join(workspace, 'handbook-v2.jsonl'));
    const plan = await indexer('plan', 'handbook-v2.jsonl');
    expect(plan.stdout).toContain('8 of 8 chunks looked for under handbook-v1, with the same content');
    expect(plan.stdout).toContain('indexer rename handbook-v1 handbook-v2\n');
    expect(await json('plan', 'handbook-v2.jsonl')).toMatchObject({
      elsewhere: { asked: 8, corpora: [{ corpus: 'handbook-v1', count: 8 }] },
    });

    const unasked = await indexer('rename', 'handbook-v1', 'handbook-v2');
    expect(unasked.exit).toBe(4);
    expect(unasked.stderr).toContain('confirmation-needed');
    expect(await json('rename', 'handbook-v1', 'handbook-v2', '--dry-run')).toMatchObject({
      step: 'copy',
      found: { qdrant: 8, neon: 8 },
    });
    expect(await json('rename', 'handbook-v1', 'handbook-v2', '--yes')).toMatchObject({
      copied: { qdrant: 8, neon: 8 },
      deleted: { qdrant: 8, neon: 8 },
    });
    expect(await json('plan', 'handbook-v2.jsonl')).toMatchObject({ nothingToDo: true, elsewhere: null });
    expect(await json('run', 'handbook-v2.jsonl')).toMatchObject({
      embed: { requests: 0 },
      'load-qdrant': { written: 0, deleted: 0, countAfter: 8 },
      'load-neon': { written: 0, deleted: 0, countAfter: 8 },
      verify: { ok: true },
    });
    const { stdout } = await indexer('search', 'About handbooks, part 3.', '--limit', '20', '--json');
    expect(stdout.match(/"handbook-v1"/g)).toBeNull();
    expect((await indexer('rename', 'handbook', 'x', '--yes')).stderr).toContain('The rows are of handbook-v2');
  });
});
