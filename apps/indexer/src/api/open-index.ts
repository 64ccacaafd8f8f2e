import { IndexingError, isIndexingError, type CorpusConfig, type StoreName } from '@lockstep/model';
import type { RepairReceipts, RunReceipts, VerifyLevel, VerifyReceipt } from '@lockstep/pipeline';
import { createReader, type Reader, type SearchOptions, type SearchResult } from '@lockstep/reader/create-reader';
import { refuseSharedNameAt } from '../settings/corpora/refuse-shared-name.ts';
import { readSource, sourceOf } from '../settings/corpus-file.ts';
import { resolveCorpusSettings, resolveModel } from '../settings/corpus-settings.ts';
import { DELETE_FLAGS, type FlagName, type Flags } from '../settings/flags.ts';
import { resolveFlags } from '../settings/parse-flags.ts';
import type { Choice } from '../settings/profile.ts';
import { asIndexingError } from '../terminal/report-failure.ts';
import { load, planRun, repair, verify, type Operated, type PlannedRun } from '../wiring/corpus-operations.ts';
import { openServices } from '../wiring/open-services.ts';
import { openSource, type OpenSourceOptions } from '../wiring/open-source.ts';
import { resolveContext } from '../wiring/resolve-context.ts';
import { createEventReporter, type IndexEvent } from './index-event.ts';
import { readOptions } from './read-options.ts';

export interface IndexOptions {
  /**
   * The name of a corpus of the workspace, the path of a `corpus.json` or of its folder, or files of chunks; or what would
   * stand in a `corpus.json`.
   */
  readonly corpus: string | readonly string[] | CorpusConfig;
  /** The folder that paths are relative to, and in or below the workspace. @default process.cwd() */
  readonly cwd?: string | undefined;
  /** Variables in place of those of the process and of `.env`. @default process.env, then `.env` at the root of the workspace */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Folder for caches, receipts and embedded data. @default .lockstep at the root of the workspace */
  readonly stateDirectory?: string | undefined;
  /** For each service, the embedded one or yours. @default what the variables say */
  readonly embedder?: Choice | undefined;
  readonly vectors?: Choice | undefined;
  readonly rows?: Choice | undefined;
  /** The only store that is planned, loaded and verified. @default both */
  readonly only?: StoreName | undefined;
  /** Most tokens and requests sent to the embedding service in a minute. @default what the service reports */
  readonly tokensPerMinute?: number | undefined;
  readonly requestsPerMinute?: number | undefined;
  /** Ends every operation. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each event, in order. What it throws fails the operation. @default none */
  readonly onEvent?: ((event: IndexEvent) => void) | undefined;
}

/** Options of every operation. */
export interface OperationOptions {
  /** Ends this operation. What was embedded is saved. */
  readonly signal?: AbortSignal | undefined;
}

/** What an operation may change and pay; each is a flag of the command line, and its variable is the default. */
export interface ChangeLimits extends OperationOptions {
  /** Allows the ids of the chunks to come from elsewhere than those that were loaded before. @default false */
  readonly allowNewIds?: boolean | undefined;
  /** Allows to delete more than 20 % and more than 20 of the chunks in a store. @default false */
  readonly allowDeletes?: boolean | undefined;
  /** Share of the chunks in a store that may be deleted, 0 to 100. */
  readonly maxDeletePercent?: number | undefined;
  /** US dollars. @default any */
  readonly maxCost?: number | undefined;
  /** US dollars for a million tokens. @default the known price of the model */
  readonly price?: number | undefined;
}

export interface PlanOptions extends ChangeLimits {
  /** Whether any rejected record is a failure. @default false */
  readonly strict?: boolean | undefined;
}

export interface VerifyOptions extends OperationOptions {
  /** What is compared, from least to most. @default 'content' */
  readonly level?: VerifyLevel | undefined;
  /** At level `vectors`: compares only every n-th vector. @default 1 */
  readonly vectorsEvery?: number | undefined;
}

export interface LoadOptions extends PlanOptions, VerifyOptions {
  /** Texts that the embedding service may refuse. @default 100, 0 with `strict` */
  readonly maxRejects?: number | undefined;
}

export interface RepairOptions extends ChangeLimits {
  /** Whether texts that are not in the cache are embedded, and paid for. @default false */
  readonly pay?: boolean | undefined;
}

/**
 * One corpus, its files and its services. `plan`, `load`, `verify` and `repair` run one after another, in the order in
 * which they were called; searches run at any time. Each does what the command of its name does, and fails with an
 * `IndexingError`: see `code`, `stage`, `message` and `advice`.
 */
export interface Index extends AsyncDisposable {
  /** Name of the corpus. */
  readonly corpus: string;
  /** What a load would change, why, and what it would cost. Writes to no store. */
  plan(options?: PlanOptions): Promise<PlannedRun>;
  /**
   * Brings both stores in step with the input: validate, embed, provision, load, verify; the command `run`. Differences that
   * verify finds are no failure: see `verify.ok`.
   */
  load(options?: LoadOptions): Promise<RunReceipts>;
  /** Reads both stores back and compares them with what was loaded. Differences are no failure: see `ok`. */
  verify(options?: VerifyOptions): Promise<VerifyReceipt>;
  /** Makes both stores right again from the input and the cache, without believing what is recorded of them. */
  repair(options?: RepairOptions): Promise<RepairReceipts>;
  /** Finds the chunks of this corpus that are nearest to a text. */
  search(text: string, options?: SearchOptions): Promise<SearchResult>;
  /** Waits for the operations that were called, then closes the services. An index cannot be used after that. */
  close(): Promise<void>;
}

const OPEN_FLAGS: readonly FlagName[] = [
  'state-dir',
  ...(['embedder', 'vectors', 'rows', 'only', 'tokens-per-minute', 'requests-per-minute'] as const),
];
const CHANGE_FLAGS: readonly FlagName[] = ['allow-new-ids', ...DELETE_FLAGS, 'max-cost', 'price'];
const PLAN_FLAGS: readonly FlagName[] = ['strict', ...CHANGE_FLAGS];
const VERIFY_FLAGS: readonly FlagName[] = ['level', 'vectors-every'];
const LOAD_FLAGS: readonly FlagName[] = [...PLAN_FLAGS, ...VERIFY_FLAGS, 'max-rejects'];
const REPAIR_FLAGS: readonly FlagName[] = ['pay', ...CHANGE_FLAGS];

/**
 * Opens the index of a corpus, as the command line would. Services are opened when an operation first uses them, and kept
 * until `close`: while the embedded Postgres is open, no other process can use it. Prints nothing and never ends the process.
 *
 * Fails with `option-invalid`, `config-invalid`, `environment-invalid` or `input-missing`.
 */
export async function openIndex(options: IndexOptions): Promise<Index> {
  const { corpus, cwd = process.cwd(), env, signal: own, onEvent = () => {}, ...rest } = options;
  const closing = new AbortController();
  const signal = own ?? closing.signal;
  const reporter = createEventReporter(onEvent);
  const opened = await failing(signal, async () => {
    const typed = readOptions(rest, OPEN_FLAGS);
    const context = resolveContext({ cwd, signal, reporter, typed, variables: env });
    const isGiven = typeof corpus === 'string' || Array.isArray(corpus);
    const source = isGiven
      ? readSource(corpus as string | readonly string[], undefined, context.root, cwd)
      : sourceOf(corpus, context.root, cwd);
    if (source.configPath !== undefined) refuseSharedNameAt(source.configPath, source.config.name, context.root);
    return { context, source, settings: resolveCorpusSettings(source, context.flags) };
  });
  const { context, source, settings } = opened;
  const services = openServices({ ...context, logger: reporter.logger(settings.corpus) });
  let last: Promise<unknown> = Promise.resolve();
  const searches = new Set<Promise<unknown>>();
  let reader: Promise<Reader> | undefined;
  let closed: Promise<void> | undefined;

  function refuseClosed(): void {
    if (closed !== undefined)
      throw new IndexingError({ code: 'option-invalid', message: 'The index is closed; expected an open one.' });
  }

  /** Runs an operation after those that were called before it. */
  async function inTurn<Result>(
    given: OperationOptions,
    allowed: readonly FlagName[],
    work: (operated: Operated) => Promise<Result>,
    opening: OpenSourceOptions = {},
  ): Promise<Result> {
    const { signal: itsOwn, ...its } = given;
    const both = AbortSignal.any([signal, ...(itsOwn === undefined ? [] : [itsOwn])]);
    return failing(both, async () => {
      refuseClosed();
      const typed: Partial<Flags> = { ...context.typed, ...readOptions(its, allowed) };
      const flags = resolveFlags(typed, context.environment);
      const turn = last.then(async () => {
        both.throwIfAborted();
        const { session, embedder } = openSource({ ...context, typed, flags, signal: both }, source, {
          ...opening,
          services,
        });
        try {
          return await work({ session, embedder, flags });
        } finally {
          await session.close();
        }
      });
      last = turn.catch(() => {});
      return turn;
    });
  }

  async function openReader(): Promise<Reader> {
    return createReader({
      embedder: await services.embedder(resolveModel(source.config, context.flags, context.profile)),
      vectors: await services.vectors(settings.collection),
      rows: await services.rows(settings.table),
      corpus: settings.corpus,
    });
  }

  async function search(text: string, { signal: itsOwn, ...its }: SearchOptions = {}): Promise<SearchResult> {
    const both = AbortSignal.any([signal, ...(itsOwn === undefined ? [] : [itsOwn])]);
    return failing(both, async () => {
      refuseClosed();
      reader ??= openReader();
      const ready = reader;
      // The next search opens what could not be opened now.
      ready.catch(() => (reader = reader === ready ? undefined : reader));
      return (await ready).search(text, { ...its, signal: both });
    });
  }

  async function closeServices(): Promise<void> {
    await Promise.allSettled([last, ...searches]);
    await services.close();
  }

  const close = (): Promise<void> => (closed ??= closeServices());

  return {
    corpus: settings.corpus,
    plan: (given = {}) => inTurn(given, PLAN_FLAGS, planRun, { temporary: true }),
    load: (given = {}) => inTurn(given, LOAD_FLAGS, load),
    verify: (given = {}) => inTurn(given, VERIFY_FLAGS, verify),
    repair: (given = {}) => inTurn(given, REPAIR_FLAGS, repair),
    search(text, given) {
      const searching = search(text, given);
      searches.add(searching);
      const done = () => void searches.delete(searching);
      searching.then(done, done);
      return searching;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Makes every failure one of ours; that of an abort has the reason of the signal as its cause. */
async function failing<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isIndexingError(error)) throw error;
    if (!signal.aborted) throw Object.assign(asIndexingError(error), { cause: error });
    throw new IndexingError({ code: 'aborted', message: 'Stopped. What was embedded is saved.', cause: error });
  }
}
