import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openSqliteLedger } from '@lockstep/embedded/ledger';
import { createStubOpenAiHandler, startFaultServer } from '@lockstep/testing-faults';

const { resolve } = createRequire(import.meta.url);
const PROGRAM = join(dirname(resolve('@lockstep/indexer/package.json')), 'bin/indexer.js');

const DIMENSIONS = 8;

/** A workspace in a temporary folder, with stores in the process of the program and a stub of the embedding service. */
export interface Workspace {
  readonly folder: string;
  /** Runs `indexer`, and returns what it prints on stdout. Fails with an `Error` that has all it printed if it ends with another code than 0. */
  indexer(args: readonly string[], variables?: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

export async function openWorkspace(): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-browser-'));
  writeFileSync(join(folder, 'nx.json'), '{}');
  const openai = await startFaultServer({ handler: createStubOpenAiHandler({ dimensions: DIMENSIONS }) });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: `${openai.url}/v1`,
    LOCKSTEP_EMBEDDER: 'cloud',
    LOCKSTEP_VECTORS: 'embedded',
    LOCKSTEP_ROWS: 'embedded',
    LOCKSTEP_PRICE: '0.02',
  };
  return {
    folder,
    async indexer(args, variables = {}) {
      const child = spawn(process.execPath, [PROGRAM, ...args], {
        cwd: folder,
        env: { ...env, ...variables },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      const exit = await new Promise<number | null>((done, fail) => {
        child.on('error', fail);
        child.on('close', done);
      });
      if (exit !== 0) throw new Error(`indexer ${args.join(' ')} ended with ${exit}:\n${stderr}${stdout}`);
      return stdout;
    },
    async close() {
      await openai.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Adds a corpus with records as they are given; most of them may be rejected. */
export function addCorpus({ folder }: Workspace, name: string, records: readonly object[]): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'chunks.jsonl'), records.map((record) => JSON.stringify(record)).join('\n'));
  const config = { name, input: 'chunks.jsonl', dimensions: DIMENSIONS, maxRejectedPercent: 99.9 };
  writeFileSync(join(folder, name, 'corpus.json'), JSON.stringify(config));
}

/**
 * 50 corpora that were loaded by the program, each with 2,000 rejected records, and 200 runs: those of the program, and before them
 * others with the same work.
 */
export async function fillWorkspace(workspace: Workspace): Promise<void> {
  const names = Array.from({ length: 50 }, (_, at) => `corpus-${String(at).padStart(2, '0')}`);
  for (const [at, name] of names.entries()) {
    const good = Array.from({ length: 20 }, (_, row) => ({
      id: `${name}-good-${row}`,
      text: `Chunk ${row} of ${name}`,
    }));
    const bad = Array.from({ length: 2_000 }, (_, row) => {
      const id = `${name}/document-${(row * 7_919 + at) % 1_009}/chunk-${row}`;
      return row % 3 === 0
        ? { id }
        : row % 3 === 1
          ? { id, text: ' \t ' }
          : { id, text: 17, title: 'A text that is a number' };
    });
    addCorpus(workspace, name, [...good, ...bad]);
  }
  await workspace.indexer(['run', '--all', '--quiet']);
  const ledger = openSqliteLedger(join(workspace.folder, '.lockstep/ledger.sqlite'));
  try {
    const made = await ledger.runs({ limit: 50 });
    for (let copy = 1; copy <= 3; copy += 1) {
      for (const { corpus, fence, end, ...start } of made) {
        if (end === undefined) throw new Error(`the run of ${corpus} has no end`);
        const shifted = (iso: string): string => new Date(Date.parse(iso) - copy * 86_400_000).toISOString();
        // Under a name of its own, since a later fence would say that another run has taken over.
        const taken = await ledger.takeFence(`${corpus} before`, {
          ...start,
          runId: `${start.runId} ${copy}`,
          startedAt: shifted(start.startedAt),
          atLeast: fence + copy,
        });
        await ledger.endRun(`${corpus} before`, taken, { ...end, finishedAt: shifted(end.finishedAt) });
      }
    }
  } finally {
    await ledger.close();
  }
}
