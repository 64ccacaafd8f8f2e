/**
 * The command `node tools/testing/runs/src/mutants/run-mutants.ts`: plants each mutant in turn and runs the case that is to
 * catch it, and the same case on the code as it is. Prints one line of JSON for each.
 *
 * `--search <name>`: looks for a small case that catches one, and prints it.
 */
import { AssertionError } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { isIndexingError, type Ledger } from '@lockstep/model';
import { createMemoryLedger, createMemoryRowStore, createMemoryVectorStore } from '@lockstep/testing-ports';
import { reconcileCases, type ReconcileCase } from '../reconcile/actions.ts';
import type { reconcile } from '../reconcile/reconcile.ts';
import { loadMutated } from './load-mutated.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

/** The result for one mutant. */
export interface MutantReport {
  readonly name: string;
  /** `broken`: it cannot be planted or loaded, or fails for another reason than a broken promise. */
  readonly state: 'caught' | 'survived' | 'broken' | 'fails without it';
  /** Message of the failure; empty if there was none. */
  readonly failure: string;
}

/** Runs a case on one copy of the code; rejects as `reconcile` does. */
type Trial = (happening: ReconcileCase) => Promise<void>;

const RECONCILE = 'tools/testing/runs/src/reconcile/reconcile.ts';
const SQLITE_LEDGER = 'libs/embedded/src/ledger/sqlite-ledger.ts';

const folder = await mkdtemp(join(tmpdir(), 'mutants-'));
let trials = 0;

/** A copy of the code, with a mutant in it or as it is. */
async function trialOn(ledger: Mutant['ledger'], mutant?: Mutant): Promise<Trial> {
  const [reconciling, embedded] = await loadMutated(
    [RECONCILE, ...(ledger === 'sqlite' ? [SQLITE_LEDGER] : [])],
    mutant,
  );
  const { reconcile: run } = reconciling as { reconcile: typeof reconcile };
  const { openSqliteLedger } = (embedded ?? {}) as { openSqliteLedger?: (path: string) => Ledger };
  return async (happening) => {
    trials += 1;
    const opened = openSqliteLedger?.(join(folder, `${trials}.sqlite`)) ?? createMemoryLedger();
    const stores = { vectors: createMemoryVectorStore(), rows: createMemoryRowStore(), ledger: opened };
    try {
      await run(happening, { stores, corpora: ['one', 'two'] });
    } finally {
      await opened.close();
    }
  };
}

const asItIs = new Map<Mutant['ledger'], Trial>();

async function reportOf(mutant: Mutant): Promise<MutantReport> {
  const { name, caughtBy } = mutant;
  const failureOf = (trial: Trial): Promise<unknown> =>
    trial(caughtBy).then(
      () => undefined,
      (error: unknown) => error,
    );
  try {
    const sound = asItIs.get(mutant.ledger) ?? (await trialOn(mutant.ledger));
    asItIs.set(mutant.ledger, sound);
    const otherwise = await failureOf(sound);
    if (otherwise !== undefined) return { name, state: 'fails without it', failure: String(otherwise) };
    const failure = await failureOf(await trialOn(mutant.ledger, mutant));
    if (failure === undefined) return { name, state: 'survived', failure: '' };
    const isPromise = failure instanceof AssertionError || isIndexingError(failure);
    return { name, state: isPromise ? 'caught' : 'broken', failure: String(failure) };
  } catch (error) {
    return { name, state: 'broken', failure: String(error) };
  }
}

/** Prints the smallest case found that catches a mutant. */
async function search(mutant: Mutant): Promise<void> {
  const trial = await trialOn(mutant.ledger, mutant);
  const cases = fc.asyncProperty(reconcileCases({ actionsMax: 8 }), trial);
  const { counterexample, errorInstance } = await fc.check(cases, { numRuns: 3000 });
  print({ name: mutant.name, caughtBy: counterexample?.[0], failure: String(errorInstance) });
}

const print = (line: object): unknown => process.stdout.write(`${JSON.stringify(line)}\n`);

const { values } = parseArgs({ options: { search: { type: 'string' } } });
try {
  for (const mutant of MUTANTS) {
    if (values.search === undefined) print(await reportOf(mutant));
    else if (mutant.name.includes(values.search)) await search(mutant);
  }
} finally {
  await rm(folder, { recursive: true });
}
