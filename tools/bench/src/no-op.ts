import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { BenchDatabase } from './bench-database.ts';
import { measure, type Measure } from './measure.ts';
import { INDEXER, profiled, writeInput, type CorpusRun } from './scenarios.ts';

/** What commands used that compared a corpus with both stores and found nothing to do. */
export interface NoOpResult {
  readonly chunks: number;
  /** Server and version of the Postgres. */
  readonly server: string;
  /** One for each command and round. */
  readonly commands: readonly NoOpMeasure[];
}

export interface NoOpMeasure extends Measure {
  /** Rows that it wrote or deleted in the tables of the ledger. */
  readonly ledgerRows: number;
}

/**
 * What fills the stores and stamps them, so that a later load compares labels alone; and every program that is measured
 * has run once then, and is in Node's compile cache.
 */
const FILLING = ['validate', 'embed', 'provision', 'load-qdrant', 'load-neon', 'provision', 'plan'] as const;

/** What each command says when there is nothing to do, and how many rows of the ledger it writes then. */
const COMMANDS = {
  'load-qdrant': { expected: loaded, ledgerRows: 1 },
  'load-neon': { expected: loaded, ledgerRows: 1 },
  plan: { expected: () => ({ ok: true, nothingToDo: true }), ledgerRows: 0 },
} as const;

/** The table of rows; all others are the ledger's. */
const ROWS_TABLE = 'rag_metadata';

/** Loads a generated corpus into both stores, and measures commands that leave it as it is. Fails if one does more. */
export async function measureNoOp(run: CorpusRun, rounds: number): Promise<NoOpResult> {
  const { chunks, tell, database, folder } = run;
  const { corpus, path } = await writeInput(run, 'none');
  const flags = [path, '--json', '--corpus', corpus, '--collection', corpus, '--state-dir', join(folder, 'state')];
  tell(`${chunks} chunks: filling the stores`);
  let pointsWritten = 0;
  for (const stage of FILLING) {
    const { requests } = await measure(stage, [INDEXER, stage, ...flags], { ...run, profiles: undefined });
    pointsWritten += requests.pointsWritten;
  }
  // A counter that misses writes would find none later.
  check('filling', { pointsWritten, ...(await rowsWritten(database)) }, { pointsWritten: chunks, rows: chunks });

  const commands: NoOpMeasure[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const [command, { expected, ledgerRows }] of Object.entries(COMMANDS)) {
      tell(`${chunks} chunks: ${command}, round ${round}`);
      const before = await rowsWritten(database);
      const measured = await measure(command, [INDEXER, command, ...flags], profiled(run, `no-op-${round}`));
      const after = await rowsWritten(database);
      const written = { rows: after.rows - before.rows, ledgerRows: after.ledgerRows - before.ledgerRows };
      check(command, { ...measured.requests, ...written }, { openai: 0, pointsWritten: 0, rows: 0, ledgerRows });
      check(command, JSON.parse(measured.stdout) as Record<string, unknown>, expected(chunks));
      commands.push({ ...measured, ledgerRows });
    }
  }
  return { chunks, server: database.server, commands };
}

function loaded(chunks: number) {
  const plan = { add: 0, change: 0, delete: 0, unchanged: chunks, held: 0, kept: 0, reasons: {} };
  return { written: 0, deleted: 0, plan };
}

async function rowsWritten(database: BenchDatabase): Promise<{ rows: number; ledgerRows: number }> {
  const writes = await database.writes();
  const rows = writes.get(ROWS_TABLE) ?? 0;
  return { rows, ledgerRows: [...writes.values()].reduce((sum, count) => sum + count, -rows) };
}

/** A figure for work that was not done, or for more of it, would be worse than none. */
function check(what: string, found: Readonly<Record<string, unknown>>, expected: Readonly<Record<string, unknown>>) {
  for (const [field, value] of Object.entries(expected)) {
    if (isDeepStrictEqual(found[field], value)) continue;
    throw new Error(`${what}: expected ${field} ${JSON.stringify(value)}, found ${JSON.stringify(found[field])}`);
  }
}
