import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

/** A mistake: what is written and typed, and what the program must say of it. */
export interface Mistake {
  readonly title: string;
  /** Files of the workspace beside its corpus `docs`; by path, objects as JSON. @default {} */
  readonly files?: Readonly<Record<string, string | object>>;
  /** Variables of the process. @default {} */
  readonly variables?: Readonly<Record<string, string>>;
  readonly typed: readonly string[];
  readonly exit: number;
  /** Texts that stand in what is printed. */
  readonly says: readonly (string | RegExp)[];
  /** Texts that do not, beside those that never may. @default [] */
  readonly neverSays?: readonly (string | RegExp)[];
}

/** What no mistake may end with: a stack trace, another library's words, a value that was not meant for people. */
const NEVER = [/^ {4}at /m, '[object Object]', 'undefined', 'Expected never', 'Invalid key', 'NaN', /error invariant/];

/** A folder as that of a user, who has one corpus, `docs`, of two chunks. */
export interface MistakesWorkspace {
  readonly folder: string;
  /** Writes files; objects as JSON. */
  write(files: Readonly<Record<string, string | object>>): void;
  run(args: readonly string[], variables?: Readonly<Record<string, string>>): Promise<IndexerRun>;
  remove(): void;
}

export function makeMistakesWorkspace(): MistakesWorkspace {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-mistakes-'));
  const write: MistakesWorkspace['write'] = (files) => {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    }
  };
  write({
    'nx.json': '{}',
    'docs/corpus.json': { name: 'docs', input: 'chunks.json' },
    'docs/chunks.json': [
      { id: 'a', text: 'Whales are mammals.', metadata: { source: 'whales.md', lang: 'en' } },
      { id: 'b', text: 'Refunds are paid within five days.', metadata: { source: 'refunds.md', lang: 'en' } },
    ],
  });
  return {
    folder,
    write,
    run: (args, variables) => runIndexer(folder, args, variables),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Makes the mistake in a workspace of its own, and checks the exit code and what is said. Returns what was printed. */
export async function make({ files = {}, variables, typed, exit, says, neverSays = [] }: Mistake): Promise<IndexerRun> {
  const workspace = makeMistakesWorkspace();
  try {
    workspace.write(files);
    const run = await workspace.run(typed, variables);
    checkSaid(run, { exit, says, neverSays });
    return run;
  } finally {
    workspace.remove();
  }
}

/** Checks the exit code of a command, and what it printed. */
export function checkSaid(
  { exit, stdout, stderr }: IndexerRun,
  expected: {
    readonly exit: number;
    readonly says: readonly (string | RegExp)[];
    readonly neverSays?: Mistake['neverSays'];
  },
): void {
  const printed = `${stdout}\n${stderr}`;
  expect(exit, printed).toBe(expected.exit);
  for (const text of expected.says) {
    if (typeof text === 'string') expect(printed).toContain(text);
    else expect(printed).toMatch(text);
  }
  for (const text of [...NEVER, ...(expected.neverSays ?? [])]) {
    if (typeof text === 'string') expect(printed).not.toContain(text);
    else expect(printed).not.toMatch(text);
  }
}
