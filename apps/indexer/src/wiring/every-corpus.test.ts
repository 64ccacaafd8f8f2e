import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, IndexingError } from '@lockstep/model';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { resolveFlags } from '../settings/parse-flags.ts';
import { createConsoleReporter } from '../terminal/console-reporter.ts';
import { everyCorpus } from './every-corpus.ts';
import type { CommandResult } from '../outcome/command-result.ts';

let root: string;
let printed: string;
let reported: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-every-'));
  printed = '';
  reported = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    reported += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

function write(folder: string, content: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'corpus.json'), content);
}

const named = (folder: string, name: string): void => write(folder, JSON.stringify({ name, input: 'x.json' }));

/** Runs a command that does `work` with the path of each corpus.json. */
async function every(work: (path: string) => Partial<CommandResult>, stopped = new AbortController()) {
  const tried: string[] = [];
  const context = {
    signal: stopped.signal,
    flags: resolveFlags({}, {}),
    typed: {},
    reporter: createConsoleReporter({ volume: 'normal' }),
    cwd: root,
    root,
    stateDirectory: join(root, '.lockstep'),
    environment: {},
    profile: { embedder: 'embedded', vectors: 'embedded', rows: 'embedded' } as const,
    minuteLimits: {},
  };
  const result = await everyCorpus(context, 'verify', async (path) => {
    tried.push(path.split('/').at(-2) ?? '');
    return { text: `text of ${path}`, json: { ok: true }, ...work(path) };
  });
  return { ...result, tried };
}

it('corpora are tried in the order of their names, and the most severe exit code is that of the command', async () => {
  named('one', 'zeta');
  named('two', 'alpha');
  named('three', 'mid');
  const exits: Record<string, CommandResult['exit']> = { two: EXIT.guarded, three: EXIT.differ };
  const { tried, exit, text } = await every((path) => ({ exit: exits[path.split('/').at(-2) ?? ''] ?? EXIT.done }));
  expect(tried).toEqual(['two', 'three', 'one']);
  expect(exit).toBe(EXIT.differ);
  expect(text).toBe('verify --all: 1 of 3 corpora ended well\n  alpha  REFUSED\n  mid    STORES DIFFER\n  zeta   done');
});

it('a corpus that fails is reported, and does not keep the next from being tried', async () => {
  named('a', 'a');
  named('b', 'b');
  const { tried, exit, text, json } = await every((path) => {
    if (path.includes('/a/'))
      throw new IndexingError({ code: 'service-unavailable', message: 'Qdrant did not answer.' });
    return {};
  });
  expect(tried).toEqual(['a', 'b']);
  expect(exit).toBe(EXIT.failed);
  expect(reported).toContain('a: error service-unavailable: Qdrant did not answer.');
  expect(printed).toMatch(/^text of \S*b\/corpus\.json\n\n$/);
  expect(text).toContain('  a  FAILED (service-unavailable): Qdrant did not answer.\n  b  done');
  expect(json).toMatchObject({
    ok: false,
    corpora: [
      { corpus: 'a', folder: 'a', exit: 1, ok: false, error: { code: 'service-unavailable' } },
      { corpus: 'b', folder: 'b', exit: 0, ok: true },
    ],
    notTried: [],
  });
});

it('after an abort no other corpus is tried, and those that were not tried are named', async () => {
  for (const name of ['a', 'b', 'c']) named(name, name);
  const stopped = new AbortController();
  const { tried, exit, text, json } = await every((path) => {
    if (!path.includes('/b/')) return {};
    stopped.abort();
    throw new IndexingError({ code: 'aborted', message: 'Stopped.' });
  }, stopped);
  expect(tried).toEqual(['a', 'b']);
  expect(exit).toBe(EXIT.failed);
  expect(text).toContain('1 of 3 corpora ended well\n  a  done\n  b  FAILED (aborted): Stopped.\n  c  not tried');
  expect(json).toMatchObject({ notTried: ['c'] });
});

it('an abort between two corpora is a failure, although each that was tried ended well', async () => {
  for (const name of ['a', 'b']) named(name, name);
  const stopped = new AbortController();
  const { exit, json } = await every(() => {
    stopped.abort();
    return {};
  }, stopped);
  expect(exit).toBe(EXIT.failed);
  expect(json).toMatchObject({ ok: false, notTried: ['b'] });
});

it('two corpora of one name are refused, since each would replace the other', async () => {
  named('x', 'same');
  named('y', 'same');
  named('z', 'z');
  const { tried, exit, text } = await every(() => ({}));
  expect(tried).toEqual(['z']);
  expect(exit).toBe(EXIT.usage);
  expect(text).toContain('x/corpus.json and y/corpus.json have the same name, same');
});

it('a corpus.json that is not JSON is tried under the name of its folder; one of another program is not', async () => {
  write('broken', '{"name": "b",');
  write('foreign', '{"language": "en", "documents": []}');
  expect((await every(() => ({}))).tried).toEqual(['broken']);
});

it('a workspace without a corpus.json is a wrong usage', async () => {
  await expect(every(() => ({}))).rejects.toThrow(/^--all: expected at least one corpus\.json in .*, found none/);
});
