import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCorpusWorkspace, type CorpusWorkspace } from './corpus-workspace.ts';
import { stubOpenAiEnvironment } from '../support/stub-openai-environment.ts';

const WORKFLOW = '.github/workflows/lockstep.yml';

/** In the place of GitHub's command line: prints the commit of the last load, and keeps what it was asked. */
const GH = `#!/bin/sh
echo "$*" >> "$GH_CALLS"
case "$1" in run) cat "$GH_LOADED" ;; esac
`;

/** The workflow as the generator writes it, and its steps as a runner runs them. */
describe('the workflow for GitHub Actions', { timeout: 240_000, skip: process.platform === 'win32' }, () => {
  let workspace: CorpusWorkspace;
  let openai: StubOpenAi;
  const path = (...parts: string[]) => join(workspace.root, ...parts);
  const records = (...texts: string[]) => texts.map((text, index) => ({ id: `${index}`, text }));

  beforeAll(async () => {
    openai = await startStubOpenAi({ dimensions: 1536 });
    workspace = await createCorpusWorkspace();
    for (const folder of ['bin', 'temp']) mkdirSync(path('.git', folder));
    writeFileSync(path('.git/bin/gh'), GH);
    chmodSync(path('.git/bin/gh'), 0o755);
    for (const file of ['loaded', 'calls', 'env', 'path']) writeFileSync(path('.git', file), '');
    expect((await workspace.run('nx', ['g', '@lockstep/nx:ci'])).exit).toBe(0);
    expect((await step('Make nx and lockstep commands')).exit).toBe(0);
    workspace.writeCorpus('one', records('The whale was white.', 'The captain had lost a leg.'));
    workspace.writeCorpus('two', records('The sea was calm.'));
  });
  afterAll(async () => {
    workspace.dispose();
    await openai.close();
  });

  async function commit(): Promise<string> {
    const git = async (...args: string[]) => {
      const who = ['-c', 'user.name=test', '-c', 'user.email=test@test.invalid', '-c', 'commit.gpgsign=false'];
      const done = await workspace.run('git', [...who, ...args]);
      expect(done.exit, done.output).toBe(0);
      return done.stdout.trim();
    };
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message', 'change');
    return git('rev-parse', 'HEAD');
  }

  /** The lines of a step, without their indentation. */
  function script(name: string): string {
    const lines = readFileSync(path(WORKFLOW), 'utf8').split('\n');
    const start = lines.indexOf(`      - name: ${name}`);
    expect(start, name).toBeGreaterThan(0);
    const run = lines.findIndex((line, index) => index > start && /^ {8}run: /.test(line));
    const [, inline = ''] = /run: (.*)/.exec(lines[run] ?? '') ?? [];
    if (inline !== '|') return inline;
    const end = lines.findIndex((line, index) => index > run && line !== '' && !line.startsWith(' '.repeat(10)));
    return lines.slice(run + 1, end === -1 ? undefined : end).join('\n');
  }

  const lines = (file: string) => readFileSync(path(file), 'utf8').split('\n').filter(Boolean);

  /** Runs a step in the shell and with the variables that a runner gives it. */
  async function step(name: string, further: Readonly<Record<string, string>> = {}) {
    return workspace.run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script(name)], {
      PATH: [path('.git/bin'), ...lines('.git/path'), process.env['PATH']].join(delimiter),
      ...stubOpenAiEnvironment(openai.baseUrl),
      // Empty where a repository has not set them.
      ...{ QDRANT_HOST: '', QDRANT_API_KEY: '', NEON_POSTGRES_CONNECTION_STRING: '', LOCKSTEP_MAX_COST: '' },
      ...{ NX_SELF_HOSTED_REMOTE_CACHE_SERVER: '', NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: '' },
      LOCKSTEP_PRICE: '0.02',
      GITHUB_REPOSITORY: 'a/b',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_ENV: path('.git/env'),
      GITHUB_PATH: path('.git/path'),
      GITHUB_STEP_SUMMARY: path('.git/summary'),
      RUNNER_TEMP: path('.git/temp'),
      GH_CALLS: path('.git/calls'),
      GH_LOADED: path('.git/loaded'),
      NUMBER: '7',
      ...Object.fromEntries(lines('.git/env').map((line) => line.split('=') as [string, string])),
      ...further,
    });
  }

  /** The steps of a push, and the corpora that were loaded. */
  async function push(environment: Readonly<Record<string, string>> = {}) {
    writeFileSync(path('.git/env'), '');
    const found = await step('Find the last load that ended well', environment);
    expect(found.exit, found.output).toBe(0);
    const recovered = await step('Recover embeddings');
    expect(recovered.exit, recovered.output).toBe(0);
    const paidBefore = openai.seen.inputs;
    const { exit, output } = await step('Load the corpora that changed', environment);
    const loaded = [...output.matchAll(/^✔ +nx run (\S+):verify$/gm)].map(([, corpus]) => corpus).toSorted();
    return { exit, output, loaded, paid: openai.seen.inputs - paidBefore };
  }

  it('a push loads what changed since the last load that ended well: first all, then the one corpus that was edited', async () => {
    const first = await commit();
    const all = await push();
    expect([all.exit, all.loaded, all.paid], all.output).toEqual([0, ['one', 'two'], 3]);

    writeFileSync(path('.git/loaded'), `${first}\n`);
    workspace.writeCorpus('one', records('The whale was grey.', 'The captain had lost a leg.'));
    await commit();
    const edited = await push();
    expect([edited.exit, edited.loaded, edited.paid], edited.output).toEqual([0, ['one'], 1]);
    const report = await step('Report');
    expect(report.exit, report.output).toBe(0);
    expect(report.output).toContain('::notice title=lockstep summary::one: in step%0Atwo: in step');
    expect(readFileSync(path('.git/summary'), 'utf8')).toMatch(/^### Lockstep\n\n```text\n[^]*one[^]*two[^]*\n```\n$/);

    // A commit that is not in the history, after a forced push.
    writeFileSync(path('.git/loaded'), 'f00df00df00df00df00df00df00df00df00df00d\n');
    const rewritten = await push();
    expect([rewritten.exit, rewritten.loaded, rewritten.paid], rewritten.output).toEqual([0, ['one', 'two'], 0]);
  });

  it('a run that is started by hand loads every corpus', async () => {
    writeFileSync(path('.git/loaded'), `${await commit()}\n`);
    expect((await push()).loaded).toEqual([]);
    expect((await push({ GITHUB_EVENT_NAME: 'workflow_dispatch' })).loaded).toEqual(['one', 'two']);
  });

  it('a pull request gets the plan as a comment, and a load beyond the variable LOCKSTEP_MAX_COST is refused', async () => {
    workspace.writeCorpus('two', records('The sea was rough.'));
    await commit();
    const { exit, output } = await step('Plan');
    expect(exit, output).toBe(0);
    expect(readFileSync(path('.git/temp/plan.md'), 'utf8')).toMatch(/^<!-- lockstep plan -->/);
    const calls = readFileSync(path('.git/calls'), 'utf8');
    expect(calls).toMatch(/^api repos\/a\/b\/issues\/7\/comments --method POST --field body=@\S+plan\.md --silent$/m);
    const refused = await push({ LOCKSTEP_MAX_COST: '0.0000000001' });
    expect([refused.exit, refused.paid], refused.output).toEqual([1, 0]);
  });

  it('a pull request from a fork gets its plan in the summary, without a key', async () => {
    const nothing = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '', LOCKSTEP_EMBEDDER: '', LOCKSTEP_VECTORS: '' };
    writeFileSync(path('.git/summary'), '');
    const { exit, output } = await step('Plan without stores', {
      ...nothing,
      LOCKSTEP_ROWS: '',
      LOCKSTEP_PROFILE: 'cloud',
    });
    expect(exit, output).toBe(0);
    expect(readFileSync(path('.git/summary'), 'utf8')).toContain('<!-- lockstep plan -->');
  });

  it('the generator leaves a workflow that is there as it is', async () => {
    writeFileSync(path(WORKFLOW), 'name: mine\n');
    const { exit, output } = await workspace.run('nx', ['g', '@lockstep/nx:ci']);
    expect([exit, output]).toEqual([0, expect.stringContaining('exists and is left as it is')]);
    expect(readFileSync(path(WORKFLOW), 'utf8')).toBe('name: mine\n');
  });
});
