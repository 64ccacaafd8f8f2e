import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { COMMON_FLAGS, FLAG_NAMES } from './settings/flags.ts';

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

/** What `--help` prints after these arguments. */
async function help(...args: string[]): Promise<string> {
  printed = '';
  expect(await runCommandLine([...args, '--help'], host)).toBe(0);
  return printed;
}

const commandsIn = (text: string) => text.match(/USAGE .* (\S+\|\S+)/)?.[1]?.split('|') ?? [];
const flagsIn = (text: string) => [...text.matchAll(/^ +--([a-z-]+)/gm)].map(([, name]) => name);

it('the help of every command names the command and its flags, and every flag belongs to a command', async () => {
  const names = commandsIn(await help());
  expect(names).toContain('run');
  const paths = [
    ...names.filter((name) => name !== 'cache').map((name) => [name]),
    ['cache', 'recover'],
    ['cache', 'repair'],
  ];
  const listed = new Set<string | undefined>();
  for (const path of paths) {
    const text = await help(...path);
    expect(text).toContain(`USAGE indexer ${path.join(' ')} `);
    expect(flagsIn(text)).toEqual(expect.arrayContaining([...COMMON_FLAGS]));
    for (const flag of flagsIn(text)) listed.add(flag);
  }
  expect([...listed].toSorted()).toEqual(FLAG_NAMES.toSorted());
  expect(commandsIn(await help('cache'))).toEqual(['recover', 'repair']);
});

it('indexer prints its commands without arguments, and its version with --version', async () => {
  expect(await runCommandLine([], host)).toBe(0);
  expect(printed).toBe(await help());
  printed = '';
  expect(await runCommandLine(['--version'], host)).toBe(0);
  expect(printed).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it.each([
  [['bogus'], /^There is no command "bogus"; expected inspect, init, run, validate, .*, runtime\.$/],
  [['toString'], /^There is no command "toString"/],
  [['inspekt'], /; expected .*\. Did you mean "inspect"\?$/],
  [['cache'], /^Expected one of recover, repair after cache\.$/],
  [['cache', 'bogus'], /^There is no command "cache bogus"; expected recover, repair after cache\.$/],
  [['validate'], /SOURCE/],
  [['run', ...STATE], /SOURCE/],
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
  [['plan', 'a', '--batchsize', '3'], /^There is no flag --batchsize\. Did you mean "batch-size"\?$/],
  [['plan', 'a', '--batchSize', '0'], /^--batch-size: expected 1 or more, found "0"\.$/],
])('the arguments %j are refused with a message about what was expected', async (args, message) => {
  await expect(runCommandLine(args, host)).rejects.toThrow(message);
  expect(printed).toBe('');
});
