import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';
import { stubOpenAiEnvironment } from '../support/stub-openai-environment.ts';

/** `--all` in a workspace of three corpora, one of which has no input at first. */
describe('a command with --all', { timeout: 240_000 }, () => {
  let folder: string;
  let openai: StubOpenAi;
  const run = (...args: string[]): Promise<IndexerRun> =>
    runIndexer(folder, args, stubOpenAiEnvironment(openai.baseUrl));
  const json = async (...args: string[]) => {
    const { exit, stdout, stderr } = await run(...args, '--json');
    return { exit, stderr, result: JSON.parse(stdout) as ReturnType<typeof JSON.parse> };
  };
  const configure = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'corpus.json'), JSON.stringify({ name, input: 'chunks.json' }));
  };
  const write = (name: string, count: number, topic = name) => {
    const chunks = Array.from({ length: count }, (_, at) => ({ id: `${topic}-${at}`, text: `About ${topic}: ${at}.` }));
    writeFileSync(join(folder, name, 'chunks.json'), JSON.stringify(chunks));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-every-corpus-'));
    writeFileSync(join(folder, 'nx.json'), '{}');
    for (const name of ['apples', 'berries', 'cherries']) configure(name);
    openai = await startStubOpenAi({ dimensions: 1536 });
  });
  afterAll(async () => {
    await openai.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('run loads the corpora before and after one that fails, and ends with its exit code', async () => {
    write('apples', 30);
    write('cherries', 30);
    const { exit, stderr, result } = await json('run', '--all');
    expect(exit, stderr).toBe(2);
    expect(stderr).toContain('berries: error input-missing');
    expect(result).toMatchObject({
      ok: false,
      corpora: [
        { corpus: 'apples', exit: 0, ok: true, embed: { embedded: 30 }, 'load-neon': { written: 30 } },
        { corpus: 'berries', exit: 2, ok: false, error: { code: 'input-missing' } },
        { corpus: 'cherries', exit: 0, ok: true, embed: { embedded: 30 }, 'load-qdrant': { written: 30 } },
      ],
      notTried: [],
    });
    const { result: status } = await json('status', '--all');
    const inStep = { qdrant: { state: 'in-step', count: 30 }, neon: { state: 'in-step', count: 30 } };
    expect(status.corpora).toMatchObject([
      { corpus: 'apples', stores: inStep },
      { corpus: 'berries' },
      { corpus: 'cherries', stores: inStep },
    ]);
  });

  it('--max-cost is the most that all corpora together may cost', async () => {
    write('apples', 31);
    write('berries', 30);
    const { result: plan } = await json('plan', '--all', '--price', '1000000');
    const costs = plan.corpora.map((each: { embedding: { cost: number } }) => each.embedding.cost) as number[];
    expect(costs.map((cost) => cost > 0)).toEqual([true, true, false]);
    const [apples = 0, berries = 0] = costs;
    const enough = await run('plan', '--all', '--price', '1000000', '--max-cost', `${apples + berries}`);
    expect(enough.exit, enough.stderr).toBe(0);
    const before = openai.seen.requests;
    const refused = await run('run', '--all', '--price', '1000000', '--max-cost', `${apples + berries - 1}`);
    expect(refused.exit).toBe(4);
    expect(refused.stderr).toMatch(/berries: error cost-guard.* and the corpora before it \$/);
    expect(refused.stdout).toMatch(
      /run --all: 2 of 3 corpora ended well\n {2}apples {4}done\n {2}berries {3}REFUSED \(cost-guard\): .*\n {2}cherries {2}done\n$/,
    );
    expect(openai.seen.requests).toBe(before + 1);
  });

  it('a corpus that would lose its chunks is refused, repaired with --allow-deletes, and then all are in step', async () => {
    write('cherries', 30, 'plums');
    const refused = await run('run', '--all');
    expect(refused.exit).toBe(4);
    expect(refused.stdout).toMatch(
      /apples verify: in step[^]*berries verify: in step[^]*cherries {2}REFUSED \(delete-guard\)/,
    );
    expect((await json('verify', '--all')).exit).toBe(5);
    const repaired = await json('repair', '--all', '--allow-deletes', '--pay');
    expect(repaired.exit, repaired.stderr).toBe(0);
    expect(repaired.result.corpora).toMatchObject([
      { corpus: 'apples', 'load-neon': { written: 0, deleted: 0 } },
      { corpus: 'berries', 'load-neon': { written: 0, deleted: 0 } },
      { corpus: 'cherries', 'load-neon': { written: 30, deleted: 30 } },
    ]);
    const verified = await run('verify', '--all');
    expect(verified.exit, verified.stderr).toBe(0);
    expect(verified.stdout).toMatch(/^verify --all: 3 of 3 corpora ended well$/m);
  });

  it('plan --format markdown is a comment that explains what each corpus would change, leave out or be refused for', async () => {
    write('apples', 32);
    writeFileSync(join(folder, 'berries', 'chunks.json'), JSON.stringify([{ id: 'a|b', text: '`<img>` @octocat' }]));
    writeFileSync(join(folder, 'cherries', 'chunks.json'), JSON.stringify([{ id: 'c' }, { id: 'd', text: 'Good.' }]));
    const before = openai.seen.requests;
    const { exit, stdout, stderr } = await run(
      'plan',
      '--all',
      '--format',
      'markdown',
      '--max-cost',
      '1',
      '--price',
      '1',
    );
    expect(exit, stderr).toBe(4);
    expect(stdout).toMatch(/^<!-- lockstep plan -->\n## Lockstep plan\n\n3 corpora: 2 would be refused, 1 to load\./);
    expect(stdout).toContain('\n| <code>apples</code> | to load | 1 / 0 / 0 | 1 / 0 / 0 | 1 | ');
    expect(stdout).toContain('\n| add: missing in the store | 1 | 1 |\n');
    expect(stdout).toMatch(
      /\*\*A run would be refused\*\* \(<code>delete-guard<\/code>\)[^\n]*berries would delete 30 of its 30 chunks/,
    );
    expect(stdout).toMatch(
      /cherries<\/code>: 1 record left out, by reason[^]*\n\| <code>missing-text<\/code> \| 1 \| <code>record 1, line 1<\/code>/,
    );
    expect(stdout).not.toContain('127.0.0.1');
    expect(openai.seen.requests).toBe(before);
  });

  it('plan --only embed needs no key and no store, and says that nothing was compared', async () => {
    write('apples', 32);
    const { exit, stdout, stderr } = await runIndexer(
      folder,
      ['plan', 'apples', '--only', 'embed', '--format', 'markdown', '--state-dir', 'empty'],
      { LOCKSTEP_PROFILE: 'cloud' },
    );
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain('The stores were not compared with the input (--only embed)');
    expect(stdout).toMatch(
      /\| <code>apples<\/code> \| not compared \| not compared \| not compared \| 32 \| \d+ \| &#36;0\.?/,
    );
  });

  it('plan --format json is what --json prints, also of a failure', async () => {
    const { exit, stdout } = await run('plan', 'pears', '--format', 'json');
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'input-missing' } });
    const both = await run('plan', 'apples', '--json', '--format', 'markdown');
    expect(both.exit).toBe(2);
    expect(both.stderr).toContain('--format and --json contradict each other');
  });
});
