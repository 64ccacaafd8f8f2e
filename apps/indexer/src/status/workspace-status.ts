import { join } from 'node:path';
import {
  CORPUS_DEFAULTS,
  isIndexingError,
  type Ledger,
  type RowStore,
  type RunRecord,
  type StoreName,
  type VectorStore,
} from '@lockstep/model';
import { corpusStatus, createProjection, FILES, type StoreStatus, type ValidateReceipt } from '@lockstep/pipeline';
import { corporaHere } from '../corpora/corpora-here.ts';
import { resolveCorpusSettings, resolveModel } from '../settings/corpus-settings.ts';
import { readJson } from '../settings/workspace-corpora.ts';
import type { Services } from '../wiring/open-services.ts';
import { corpusStanding, type CorpusStanding } from './corpus-standing.ts';
import { NO_INPUT, workspaceVerdicts, type JudgeOptions } from './workspace-verdicts.ts';

/** What `status` reports. */
export interface Status {
  readonly corpora: readonly CorpusState[];
  /** Corpora in a store that no `corpus.json` names, and that were not loaded from files on this machine. */
  readonly strangers: readonly StoreHolding[];
  /** Points or rows that belong to no corpus. */
  readonly unowned: readonly Omit<StoreHolding, 'corpus'>[];
  /** Tables that this program made, and that no `corpus.json` names, with their rows. */
  readonly unnamedTables: readonly { readonly target: string; readonly count: number }[];
  /** Last started first. */
  readonly runs: readonly (RunRecord & { readonly state: RunState })[];
  /** What could not be checked, and why, without repeats. */
  readonly problems: readonly string[];
}

/** What the last run came to, and what the stores hold now. */
export interface CorpusState extends CorpusStanding {
  /** Accepted chunks in the last `validate` on this machine; null if there was none. */
  readonly wanted: number | null;
  /** Null if they could not be checked. */
  readonly stores: Readonly<Record<StoreName, StoreStatus>> | null;
}

export interface StoreHolding {
  readonly store: StoreName;
  readonly target: string;
  readonly corpus: string;
  readonly count: number;
}

/** `open`: running, or killed. `abandoned`: did not end, and a later run has taken over the corpus. */
export type RunState = 'ended' | 'open' | 'abandoned';

export interface WorkspaceStatusOptions extends JudgeOptions {
  readonly services: Pick<Services, 'ledger' | 'vectors' | 'rows' | 'targets' | 'tables'>;
  /** How many of the last runs to report. */
  readonly runs: number;
}

/**
 * Asks the ledger and both stores about every corpus of the workspace and about all else that they hold. Writes
 * nothing. If a service does not answer, that is reported as a problem along with everything else.
 */
export async function workspaceStatus(options: WorkspaceStatusOptions): Promise<Status> {
  const { stateDirectory, flags, profile, signal, services } = options;
  const problems = new Set<string>();

  /** The answer to a question; undefined, and a problem, if it fails. */
  async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await question();
    } catch (error) {
      if (!isIndexingError(error) || signal.aborted) throw error;
      problems.add(`${error.message} ${error.advice}`);
      return undefined;
    }
  }

  const known = corporaHere(options);
  const corpora: CorpusState[] = [];
  const collections = new Set<string>([CORPUS_DEFAULTS.collection]);
  const tables = new Set<string>([CORPUS_DEFAULTS.table]);
  for (const judged of await workspaceVerdicts(known, options)) {
    const { name } = judged;
    const validated = readJson<ValidateReceipt>(join(stateDirectory, name, FILES.validateReceipt));
    const stores = await ask(async () => {
      const config = judged.config();
      const { collection, table, ...own } = resolveCorpusSettings({ config, input: NO_INPUT }, flags);
      collections.add(collection);
      tables.add(table);
      const { model } = resolveModel(config, flags, profile);
      return corpusStatus(name, {
        vectors: await services.vectors(collection),
        rows: await services.rows(table),
        ledger: await services.ledger(),
        projection: createProjection({ corpus: name, model, fields: own.payload }),
        deletes: own.deletes,
        validated,
        signal,
      });
    });
    const live = stores ?? null;
    corpora.push({ ...corpusStanding(judged, live), wanted: validated?.accepted ?? null, stores: live });
  }

  const strangers: StoreHolding[] = [];
  const unowned: Omit<StoreHolding, 'corpus'>[] = [];
  const names = new Set(known.map(({ name }) => name));
  async function countOthers(store: StoreName, open: () => Promise<VectorStore | RowStore>): Promise<void> {
    const { target, census } = await open();
    const stored = await census({ signal });
    for (const { corpus, count } of stored.corpora)
      if (!names.has(corpus)) strangers.push({ store, target, corpus, count });
    if (stored.unowned > 0) unowned.push({ store, target, count: stored.unowned });
  }
  for (const collection of collections) await ask(() => countOthers('qdrant', () => services.vectors(collection)));
  for (const table of tables) await ask(() => countOthers('neon', () => services.rows(table)));

  const unnamedTables: { target: string; count: number }[] = [];
  for (const table of (await ask(() => services.tables(signal))) ?? []) {
    if (tables.has(table)) continue;
    const counted = await ask(async () => {
      const { target, census } = await services.rows(table);
      const stored = await census({ signal });
      return { target, count: stored.corpora.reduce((sum, { count }) => sum + count, stored.unowned) };
    });
    if (counted !== undefined) unnamedTables.push(counted);
  }

  const last = await ask(async () => lastRuns(await services.ledger(), options.runs, signal));
  return { corpora, strangers, unowned, unnamedTables, runs: last ?? [], problems: [...problems] };
}

async function lastRuns(ledger: Ledger, limit: number, signal: AbortSignal): Promise<Status['runs']> {
  const runs = await ledger.runs({ limit }, { signal });
  const latest = new Map<string, number>();
  for (const { corpus } of runs) {
    if (!latest.has(corpus)) latest.set(corpus, (await ledger.fenceHolder(corpus, { signal }))?.fence ?? 0);
  }
  return runs.map((run) => ({
    ...run,
    state: run.end !== undefined ? 'ended' : (latest.get(run.corpus) ?? 0) > run.fence ? 'abandoned' : 'open',
  }));
}
