import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { runIndexer } from '../support/run-indexer.ts';

/** Ends a line, a cell, a tag, a section of XML, a command of a workflow, or turns the text around. */
const HOSTILE = '::error::x ##[add-mask]y | `<script>` ]]> & " %0A\n::warning::z \u0001\u202E\uFFFE';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-formats-'));
  writeFileSync(join(folder, 'nx.json'), '{}');
  writeCorpus('whole', [{ id: 'a', text: 'Whales are mammals.' }]);
  writeCorpus('odd', [
    { id: HOSTILE, text: 'Good.' },
    { id: `${HOSTILE} without a text` },
    { id: 'c', text: 'Refunds.' },
  ]);
});
afterAll(() => rmSync(folder, { recursive: true }));

function writeCorpus(name: string, records: readonly object[]): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'corpus.json'), JSON.stringify({ name, input: 'chunks.jsonl' }));
  writeFileSync(join(folder, name, 'chunks.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

const run = (...args: string[]) => runIndexer(folder, args);

/** The commands in a log, as the runner of GitHub reads them; fails for a line that is none. */
function annotations(log: string) {
  const unescaped = (text: string, codes: string) =>
    text.replaceAll(new RegExp(`%(${codes})`, 'g'), (_all, code: string) => String.fromCharCode(parseInt(code, 16)));
  return log
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, kind, properties = '', data = ''] = /^::(error|warning|notice) (.*?)::(.*)$/.exec(line) ?? [];
      expect(kind, line).toBeDefined();
      const pairs = properties.split(',').map((pair) => pair.split('=') as [string, string]);
      const read = pairs.map(([name, value]) => [name, unescaped(value, '25|0D|0A|3A|2C')]);
      return { kind, message: unescaped(data, '25|0D|0A'), ...Object.fromEntries(read) } as {
        readonly kind: string;
        readonly message: string;
        readonly title?: string;
        readonly file?: string;
        readonly line?: string;
      };
    });
}

it('--format github annotates each rejected record at its file and line, and hostile text stays in its message', async () => {
  const { exit, stdout, stderr } = await run('validate', 'odd', '--format', 'github');
  expect(exit, stderr).toBe(0);
  const [rejected, notice, ...others] = annotations(stdout);
  expect(others).toEqual([]);
  expect(rejected).toMatchObject({ kind: 'warning', file: 'odd/chunks.jsonl', line: '2' });
  expect(rejected?.message).toMatch(/^record 2 \("::error::x ##\\u005badd-mask\]y \| .*%0A.*\): has no text/);
  expect(notice).toEqual({ kind: 'notice', title: 'lockstep validate', message: 'odd: 2 of 3 records accepted' });
  expect(stdout + stderr).not.toMatch(/##\[|^\s*::(?!warning file=odd|notice title=lockstep)/m);
});

it('--format github makes an error of what failed, also where the command never began', async () => {
  const strict = await run('validate', 'odd', '--strict', '--format', 'github');
  expect(strict.exit).toBe(3);
  expect(annotations(strict.stdout)).toMatchObject([
    { kind: 'error', title: 'validate odd: records-rejected' },
    { kind: 'error', file: 'odd/chunks.jsonl', line: '2' },
    { kind: 'notice', message: 'odd: RECORDS REJECTED (records-rejected)' },
  ]);
  const unknown = await run('validate', 'odd', '--bogus', '--format=github');
  expect(unknown.exit).toBe(2);
  expect(annotations(unknown.stdout)).toMatchObject([{ kind: 'error', title: 'lockstep: usage' }]);
});

it('--format github has as many annotations of a kind as GitHub shows, and the last counts the others', async () => {
  const records = Array.from({ length: 131 }, (_, at) => ({ id: `r${at}`, ...(at > 100 ? {} : { text: `t ${at}` }) }));
  writeCorpus('many', records);
  const { exit, stdout } = await run('validate', 'many', '--format', 'github', '--max-rejected-percent', '90');
  expect(exit).toBe(0);
  const warnings = annotations(stdout).filter(({ kind }) => kind === 'warning');
  expect(warnings).toHaveLength(10);
  expect(warnings.at(-1)?.message).toMatch(/^21 more; GitHub shows 10 of a kind/);
  rmSync(join(folder, 'many'), { recursive: true });
});

it('--format github of a file outside the repository names no file', async () => {
  const { stdout } = await runIndexer(folder, ['validate', 'odd', '--format', 'github'], {
    GITHUB_WORKSPACE: join(folder, 'whole'),
  });
  expect(annotations(stdout)[0]).not.toHaveProperty('file');
  const below = await runIndexer(folder, ['validate', 'odd', '--format', 'github'], {
    GITHUB_WORKSPACE: join(folder, 'odd'),
  });
  expect(annotations(below.stdout)[0]).toMatchObject({ file: 'chunks.jsonl', line: '2' });
});

const SCHEMA = resolve(import.meta.dirname, '../../../../fixtures/junit/jenkins-junit.xsd');

/** Reads a JUnit file as strictly as other programs do: against XML 1.0, and the schema of Jenkins. */
async function junit(xml: string) {
  const schema = [{ fileName: 'junit.xsd', contents: readFileSync(SCHEMA, 'utf8') }];
  const { valid, errors } = await validateXML({ xml: [{ fileName: 'a.xml', contents: xml }], schema });
  expect(errors.map(({ message }) => message)).toEqual([]);
  expect(valid).toBe(true);
  const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
  return [...xml.matchAll(/<testsuite .*?<\/testsuite>/gs)].map(([suite]) => ({
    name: attribute(suite, 'name'),
    failures: Number(attribute(suite, 'failures')),
    errors: Number(attribute(suite, 'errors')),
    cases: [...suite.matchAll(/<testcase [^>]*\/>|<testcase .*?<\/testcase>/gs)].map(([each]) => ({
      name: attribute(each, 'name'),
      outcome: /<(failure|error|skipped)/.exec(each)?.[1] ?? 'passed',
      text: each,
    })),
  }));
}

it('verify --format junit is a suite for each corpus, with a failure for each side that differs, and valid XML for hostile ids', async () => {
  expect((await run('run', '--all', '--quiet')).exit).toBe(0);
  const well = await run('verify', '--all', '--format', 'junit');
  expect(well.exit, well.stderr).toBe(0);
  const suites = await junit(well.stdout);
  expect(suites.map(({ name, failures, errors }) => [name, failures, errors])).toEqual([
    ['odd', 0, 0],
    ['whole', 0, 0],
  ]);
  expect(suites[0]?.cases.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed', 'passed']);

  const one = await run('verify', 'odd', '--only', 'neon', '--format', 'junit');
  expect((await junit(one.stdout))[0]?.cases.map(({ outcome }) => outcome)).toEqual([
    'passed',
    'passed',
    'skipped',
    'passed',
  ]);

  // The stores are to hold what validate reads now.
  writeCorpus('odd', [
    { id: 'd', text: 'New.' },
    { id: `${HOSTILE}2`, text: 'New too.' },
  ]);
  writeFileSync(join(folder, 'whole', 'corpus.json'), '{');
  expect((await run('validate', 'odd')).exit).toBe(0);
  const wrong = await run('verify', '--all', '--format', 'junit');
  expect(wrong.exit).toBe(2);
  const [odd, whole] = await junit(wrong.stdout);
  expect([odd?.name, odd?.failures, odd?.errors]).toEqual(['odd', 3, 0]);
  expect(odd?.cases.map(({ outcome }) => outcome)).toEqual(['passed', 'failure', 'failure', 'failure']);
  expect(odd?.cases[2]?.text).toMatch(
    /qdrant: missing &quot;::error::x ##\\u005badd-mask\]y \| `&lt;script&gt;` \]\]&gt; &amp;/,
  );
  expect([whole?.errors, whole?.cases[0]?.text]).toEqual([1, expect.stringContaining('type="config-invalid"')]);
});

it('--format markdown is a comment in which hostile text is shown as text, and says what to do', async () => {
  const { exit, stdout } = await run('verify', 'odd', '--format', 'markdown');
  expect(exit).toBe(5);
  expect(stdout).toMatch(/^<!-- lockstep verify -->\n## Lockstep verify\n\n0 of 1 corpus ended well\.\n/);
  expect(stdout).toContain('| <code>odd</code> | **NOT IN STEP** |');
  expect(stdout).toContain('&#60;script&#62;');
  expect(stdout).not.toMatch(/<script>|\u202E|^::/m);
  const summary = await run('summary', '--format', 'markdown');
  expect(summary.exit).toBe(5);
  expect(summary.stdout).toMatch(/0 of 2 corpora in step\.[^]*\| <code>odd<\/code> \| \*\*[A-Z ]+\*\* \|/);
});

it('summary and status annotate each corpus that is not in step, with the next command', async () => {
  for (const command of ['summary', 'status']) {
    const { stdout } = await run(command, '--format', 'github');
    const errors = annotations(stdout).filter(({ kind }) => kind === 'error');
    expect(errors.find(({ title }) => title === 'odd')?.message, command).toMatch(/Next: npx indexer run odd\.$/);
    expect(
      errors.some(({ message }) => message.includes('whole/corpus.json is not JSON')),
      command,
    ).toBe(true);
  }
});

it('a format that a command does not have is refused with those that it has, and --json is --format json', async () => {
  const refused = await run('search', 'x', '--format', 'junit');
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain('--format: search has no junit; expected text or json.');
  const [json, format] = [await run('summary', '--json'), await run('summary', '--format', 'json')];
  expect(JSON.parse(format.stdout)).toEqual(JSON.parse(json.stdout));
  const both = await run('summary', '--json', '--format', 'github');
  expect(both.stderr).toContain('--format and --json contradict each other');
  const help = await run('verify', '--help');
  expect(help.stdout).toContain('--format <text|json|markdown|github|junit>');
});
