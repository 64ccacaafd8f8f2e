import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_TELEMETRY, type Telemetry } from '@lockstep/model';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { COMMANDS } from './commands.ts';
import { FLAG_NAMES, OUTPUT_FLAGS } from './settings/flags.ts';
import { asIndexingError } from './terminal/report-failure.ts';

const STATE = ['--state-dir', mkdtempSync(join(tmpdir(), 'lockstep-command-line-'))];
afterAll(() => rmSync(STATE[1] as string, { recursive: true, force: true }));

const host = { signal: new AbortController().signal };

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

/** What the program prints after these arguments. */
async function output(...args: string[]): Promise<string> {
  printed = '';
  expect(await runCommandLine(args, host)).toBe(0);
  return printed;
}

const flagsIn = (text: string) => [...text.matchAll(/^ +--([a-z-]+)/gm)].map(([, name]) => name);
const termsIn = (text: string) => [...text.matchAll(/^ {2}(\S+( \S+)*?)(?: {2,}|$)/gm)].map(([, term]) => term);
const NAMES = COMMANDS.map(({ name }) => name);

it('the help of every command names its arguments and flags and has two examples, and every flag belongs to a command', async () => {
  expect(termsIn(await output('--help'))).toEqual(expect.arrayContaining(NAMES));
  const listed = new Set<string | undefined>();
  for (const name of NAMES) {
    const text = await output(...name.split(' '), '--help');
    expect(text).toContain(`Usage\n  indexer ${name} `);
    const examples = text.slice(text.indexOf('\nExamples\n')).match(/^ {2}(?=\S).*indexer \w+/gm) ?? [];
    expect(examples.length).toBeGreaterThanOrEqual(2);
    if (name !== 'completion') expect(flagsIn(text)).toEqual(expect.arrayContaining([...OUTPUT_FLAGS]));
    for (const flag of flagsIn(text)) listed.add(flag);
  }
  expect([...listed].toSorted()).toEqual(FLAG_NAMES.toSorted());
  expect(termsIn(await output('cache', '--help'))).toEqual(
    expect.arrayContaining(['recover', 'repair'].map((name) => `cache ${name}`)),
  );
});

it('help shows each flag with its variable, in the group of its kind, and none that the command does not use', async () => {
  const text = await output('help', 'plan');
  expect(text).toMatch(
    /^Embedding and its cost\n(?: .*\n)* {2}--max-cost <dollars>(?: .*\n)*? .*\(LOCKSTEP_MAX_COST\)$/m,
  );
  expect(flagsIn(text)).not.toContain('qdrant-batch-size');
  expect(flagsIn(await output('validate', '-h'))).not.toContain('vectors');
  expect(flagsIn(await output('runtime', '-h')).toSorted()).toEqual(
    [...OUTPUT_FLAGS, 'embedder', 'rows', 'state-dir'].toSorted(),
  );
});

it.each([40, 80, 200, undefined])('help fits a terminal of %s columns, without a word cut', async (columns) => {
  const before = process.stdout.columns;
  try {
    Object.assign(process.stdout, { columns });
    const pages = [await output('help')];
    for (const name of NAMES) pages.push(await output('help', ...name.split(' ')));
    const words = (text: string) => text.split(/\s+/).join(' ');
    for (const page of pages) {
      expect(Math.max(...page.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns ?? 80);
      expect(page).not.toMatch(/ $/m);
    }
    expect(words(pages[0] as string)).toContain(COMMANDS[0]?.summary);
  } finally {
    Object.assign(process.stdout, { columns: before });
  }
});

it('indexer prints its commands without arguments and after help, and its version in each usual way', async () => {
  const help = await output();
  for (const args of [['help'], ['--help'], ['-h']]) expect(await output(...args)).toBe(help);
  for (const word of ['--version', '-v', 'version']) expect(await output(word)).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('the help of a command lists an argument once, and not among the flags too', async () => {
  const text = await output('drop', '--help');
  expect(text).toMatch(/^ {2}CORPUS {2,}Name of a corpus/m);
  expect(flagsIn(text)).not.toContain('corpus');
});

it('a flag that a stage takes and does not use is named, so that it is not taken for used', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await output('inspect', 'fixtures/corpora/handbook/chunks.jsonl', '--vectors', 'embedded', ...STATE);
  expect(told.mock.calls.join('')).toContain('inspect flag-not-used flag=--vectors');
});

it.each([
  [['bogus'], /^There is no command "bogus"; expected inspect, init, plan, run, .*, runtime\.$/],
  [['toString'], /^There is no command "toString"/],
  [['inspekt'], /^There is no command "inspekt"\. Did you mean "inspect"\?$/],
  [['help', 'inspekt'], /^There is no command "inspekt"\. Did you mean "inspect"\?$/],
  [['cache', 'recovr'], /^There is no command "cache recovr"\. Did you mean "recover"\?$/],
  [['completion', 'bsh'], /^Expected one of bash, zsh, fish, found "bsh"\. Did you mean "bash" or "zsh"\?$/],
  [['plan', 'a', '-x'], /^There is no flag -x\.$/],
  [['plan', 'a', '--quiet', '--verbose'], /contradict each other/],
  [['cache'], /^Expected one of recover, repair after cache\.$/],
  [['cache', 'bogus'], /^There is no command "cache bogus"; expected recover, repair after cache\.$/],
  [['validate'], /^Expected SOURCE, found nothing\.$/],
  [['run', ...STATE], /SOURCE/],
  [['cache', 'repair'], /^Expected SOURCE, found nothing\.$/],
  [['drop'], /^Expected CORPUS, found nothing\.$/],
  [
    ['run', '--all', 'a', ...STATE],
    /^--all is every corpus of the workspace; expected no name or file with it, found "a"\.$/,
  ],
  [
    ['plan', '--all', '--id', 'x', ...STATE],
    /^--id is for one corpus; expected it in a corpus\.json, or without --all\.$/,
  ],
  [['verify', ...STATE], /^Expected SOURCE or --all, found neither\.$/],
  [['embed', 'a', '--all'], /^There is no flag --all\.$/],
  [['drop', 'a', 'b'], /^"b" is one argument too many\.$/],
  [['plan', 'a', '--yes'], /^There is no flag --yes\.$/],
  [['plan', 'a', '--batchsize', '3'], /^There is no flag --batchsize\. Did you mean --batch-size\?$/],
  [['plan', 'a', '--batchSize', '0'], /^--batch-size: expected 1 or more, found "0"\.$/],
])('the arguments %j are refused with a message about what was expected', async (args, message) => {
  const failure: unknown = await runCommandLine(args, host).catch((error: unknown) => error);
  expect(asIndexingError(failure).message).toMatch(message);
  expect(printed).toBe('');
});

it('every command is a span, but one that goes on for hours and those that Nx and shells ask', async () => {
  const spans: unknown[] = [];
  const telemetry: Telemetry = {
    ...NO_TELEMETRY,
    span(kind, facts, work) {
      spans.push([kind, facts]);
      return NO_TELEMETRY.span(kind, facts, work);
    },
  };
  for (const name of NAMES) {
    await runCommandLine([...name.split(' '), '--no-such-flag'], { ...host, telemetry }).catch(() => {});
  }
  const told = NAMES.filter((name) => !['runtime', 'completion', 'serve'].includes(name));
  expect(spans).toEqual(told.map((command) => ['command', { command }]));
});
