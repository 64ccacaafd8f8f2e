import { dirname, join } from 'node:path';
import { CORPUS_DEFAULTS, isIndexingError, type Ledger, type RunRecord, type StoreName } from '@lockstep/model';
import { corpusStatus, createProjection, FILES, type StoreStatus, type ValidateReceipt } from '@lockstep/pipeline';
import type { Services } from './open-services.ts';
import type { CommandContext } from './run-command.ts';
import { readCorpusConfig } from './settings/corpus-file.ts';
import { resolveCorpusSettings, resolveModel, type CorpusSettings } from './settings/corpus-settings.ts';
import { KNOWN_MODELS } from './settings/known-models.ts';
import { readJson, workspaceCorpora } from './settings/workspace-corpora.ts';

/** What `status` finds out. */
export interface Status {
  readonly corpora: readonly CorpusState[];
  /** Corpora that a store holds and no `corpus.json` names. */
  readonly strangers: readonly StoreHolding[];
  /** Points or rows that belong to no corpus. */
  readonly unowned: readonly Omit<StoreHolding, 'corpus'>[];
  /** Last started first. */
  readonly runs: readonly (RunRecord & { readonly state: RunState })[];
}

export interface CorpusState {
  readonly corpus: string;
  readonly folder: string;
  /** Accepted chunks when it was validated last on this machine. */
  readonly wanted: number | null;
  readonly stores: Readonly<Record<StoreName, StoreStatus>> | null;
  /** Why its state could not be found out. */
  readonly problem: string | null;
}

export interface StoreHolding {
  readonly store: StoreName;
  readonly target: string;
  readonly corpus: string;
  readonly count: number;
}

/** A run that has no end is under way or was killed; if a later one has taken the corpus, it will never end. */
export type RunState = 'ended' | 'open' | 'abandoned';

/** Asks the ledger and both stores about every corpus of the workspace, and about what is there besides. Writes nothing. */
export async function workspaceStatus(context: CommandContext, services: Services, runs: number): Promise<Status> {
  const { root, flags, signal } = context;
  const ledger = await services.ledger();
  const known = workspaceCorpora(root);
  const corpora: CorpusState[] = [];
  const settings: CorpusSettings[] = [];
  for (const { name, folder } of known) {
    try {
      const path = join(root, folder, 'corpus.json');
      const config = readCorpusConfig(path);
      const own = resolveCorpusSettings({ config, inputPath: join(dirname(path), config.input) }, flags);
      settings.push(own);
      const model = resolveModel(config, flags, context.profile, KNOWN_MODELS);
      const validated = readJson<ValidateReceipt>(join(context.stateDirectory, name, FILES.validateReceipt));
      const stores = await corpusStatus(name, {
        vectors: await services.vectors(own.collection),
        rows: await services.rows(own.table),
        ledger,
        projection: createProjection({ corpus: name, model: model.model, fields: own.payload }),
        deletes: own.deletes,
        validated,
        signal,
      });
      corpora.push({ corpus: name, folder, wanted: validated?.accepted ?? null, stores, problem: null });
    } catch (error) {
      if (!isIndexingError(error)) throw error;
      corpora.push({ corpus: name, folder, wanted: null, stores: null, problem: error.message });
    }
  }
  return {
    corpora,
    ...(await holdings(services, settings, new Set(known.map(({ name }) => name)), signal)),
    runs: await lastRuns(ledger, runs, signal),
  };
}

/** What the collections and tables of all corpora, and the usual ones, hold that no corpus of the workspace is. */
async function holdings(
  services: Services,
  settings: readonly CorpusSettings[],
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Pick<Status, 'strangers' | 'unowned'>> {
  const collections = new Set([...settings.map(({ collection }) => collection), CORPUS_DEFAULTS.collection]);
  const tables = new Set([...settings.map(({ table }) => table), CORPUS_DEFAULTS.table]);
  const stores = [
    ...(await Promise.all(
      [...collections].map(async (name) => ({ store: 'qdrant' as const, port: await services.vectors(name) })),
    )),
    ...(await Promise.all(
      [...tables].map(async (name) => ({ store: 'neon' as const, port: await services.rows(name) })),
    )),
  ];
  const strangers: StoreHolding[] = [];
  const unowned: Omit<StoreHolding, 'corpus'>[] = [];
  for (const { store, port } of stores) {
    const { target } = port;
    const census = await port.census({ signal });
    for (const { corpus, count } of census.corpora) {
      if (!known.has(corpus)) strangers.push({ store, target, corpus, count });
    }
    if (census.unowned > 0) unowned.push({ store, target, count: census.unowned });
  }
  return { strangers, unowned };
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
