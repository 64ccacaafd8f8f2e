import { IndexingError, isIndexingError } from '@lockstep/model';
import type { RepairReceipts, RunReceipts, VerifyReceipt } from '@lockstep/pipeline';
import { orAborted } from '@lockstep/resilience';
import {
  createReader,
  SEARCH_DEADLINE_MS,
  type Reader,
  type SearchOptions,
  type SearchResult,
} from '@lockstep/reader/create-reader';
import { refuseSharedNameAt } from '../settings/corpora/refuse-shared-name.ts';
import { readSource, sourceOf } from '../settings/corpus-file.ts';
import { resolveCorpusSettings, resolveModel } from '../settings/corpus-settings.ts';
import { DELETE_FLAGS, type FlagName } from '../settings/flags.ts';
import { resolveFlags } from '../settings/parse-flags.ts';
import { load, planRun, repair, verify, type Operated, type PlannedRun } from '../wiring/corpus-operations.ts';
import { openServices } from '../wiring/open-services.ts';
import { openSource, type OpenSourceOptions } from '../wiring/open-source.ts';
import { resolveContext } from '../wiring/resolve-context.ts';
import { loadTelemetry } from '../telemetry/load-telemetry.ts';
import { createEventReporter } from './index-event.ts';
import type {
  IndexOptions,
  LoadOptions,
  OperationOptions,
  PlanOptions,
  RepairOptions,
  VerifyOptions,
} from './index-options.ts';
import { checkOpening, checkSignal } from './check-opening.ts';
import { readOptions, refuseUnknown } from './read-options.ts';
import { stoppable } from './stoppable.ts';
import { wrongOption } from './wrong-option.ts';

/**
 * One corpus, its files and its services. `plan`, `load`, `verify` and `repair` run one after another, in the order in which
 * they were called; searches run at any time. Each does what the command of its name does; a load is the command `run`.
 *
 * *Errors*: every operation rejects with an `IndexingError` and nothing else: `code` says what failed, `stage` where, `advice`
 * what to do. Among the codes are `option-invalid` for an option that does not exist or cannot be, and for a closed index;
 * `aborted`; `cost-guard` and `delete-guard` before anything is paid or written; `overtaken` when another run of the corpus took
 * over; and those of a service that failed. `ERROR_CATALOGUE` lists all. After a failure the index can be used on.
 */
export interface Index extends AsyncDisposable {
  /** Name of the corpus. */
  readonly corpus: string;
  /** What a load would change in each store and why, and what it would cost. Writes to no store, and pays nothing. */
  plan(options?: PlanOptions): Promise<PlannedRun>;
  /**
   * Brings both stores in step with the input: validate, plan, provision, embed, load both, verify. Repeating it is safe: it
   * pays and writes only what differs. Differences that verify finds are no failure: see `verify.ok`.
   */
  load(options?: LoadOptions): Promise<RunReceipts>;
  /**
   * Reads both stores back and compares them with what was loaded, and the input with what was read of it then. Differences are
   * no failure: see `ok`.
   */
  verify(options?: VerifyOptions): Promise<VerifyReceipt>;
  /**
   * Makes both stores right again from the input and the cache, without believing what is recorded of them, and verifies every
   * vector. Pays for nothing, unless `pay` is true.
   */
  repair(options?: RepairOptions): Promise<RepairReceipts>;
  /**
   * Finds the chunks of this corpus that are nearest to a text, the best first. Embeds the text, and pays for that. A call to
   * a service ends after 30 s, attempts included.
   */
  search(text: string, options?: SearchOptions): Promise<SearchResult>;
  /**
   * Waits for the operations that were called, then closes the services and releases their locks. Repeating it does nothing.
   * An index cannot be used after that.
   */
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

const SEARCH_LIMITS = { timeoutMs: SEARCH_DEADLINE_MS, deadlineMs: SEARCH_DEADLINE_MS };

/**
 * Opens the index of a corpus, as the command line would. Reads the options, `corpus.json` and variables, and makes the state
 * directory; services are opened when an operation first uses them, and kept until `close`. Indexes of one process share the
 * embedded services of a state directory; while its embedded Postgres is open, another process waits for it.
 *
 * Writes nothing to stdout or stderr, changes no variable and no signal handler, and never ends the process.
 *
 * *Errors*: `option-invalid`, `config-invalid` (corpus.json or settings), `environment-invalid` (variables), `input-missing`
 * and the like (the input), each naming what is wrong.
 *
 * ```ts
 * const index = await openIndex({ corpus: 'docs/chunks.json' });
 * const { verify } = await index.load({ maxCost: 1 });
 * const { hits } = await index.search('What is the whiteness of the whale?', { limit: 3 });
 * await index.close();
 * ```
 */
export async function openIndex(options: IndexOptions): Promise<Index> {
  const broken = new AbortController();
  const { corpus, cwd, env, signal: own, onEvent, ...rest } = checkOpening(options);
  const reporter = createEventReporter((event) => {
    try {
      onEvent?.(event);
    } catch (error) {
      const message = `onEvent failed at ${event.type} (${String(error)}). What was embedded is saved.`;
      broken.abort(new IndexingError({ code: 'aborted', message, cause: error }));
    }
  });
  const hint = 'OpenTelemetry is registered, and @opentelemetry/api is not installed beside this package';
  const telemetry = await loadTelemetry(() => reporter.logger('').warn('telemetry-off', { hint }));
  const stops = [broken.signal, ...(own === undefined ? [] : [own])];
  const { context, source, settings } = await stoppable([], async () => {
    const typed = readOptions(rest, OPEN_FLAGS);
    if (typed.only === 'embed') throw wrongOption('only: expected qdrant or neon, found "embed"');
    const resolved = resolveContext({
      cwd,
      signal: AbortSignal.any(stops),
      reporter,
      telemetry,
      typed,
      variables: env,
    });
    const found =
      typeof corpus === 'string' || Array.isArray(corpus)
        ? readSource(corpus as string | readonly string[], undefined, resolved.root, cwd)
        : sourceOf(corpus, resolved.root, cwd);
    if (found.configPath !== undefined) refuseSharedNameAt(found.configPath, found.config.name, resolved.root);
    return { context: resolved, source: found, settings: resolveCorpusSettings(found, resolved.flags) };
  });
  const logger = reporter.logger(settings.corpus);
  const services = openServices({ ...context, logger });
  // Searches have services of their own: no receipt of a load counts their calls, and nobody waits long for one.
  const searchServices = openServices({ ...context, logger, guardLimits: SEARCH_LIMITS });
  let reader: Promise<Reader> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const searches = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;

  function refuseClosed(): void {
    if (closed !== undefined) throw wrongOption('The index is closed; expected an open one');
  }

  /** Runs an operation after those that were called before it. */
  async function inTurn<Result>(
    command: string,
    given: OperationOptions,
    allowed: readonly FlagName[],
    work: (operated: Operated) => Promise<Result>,
    opening: OpenSourceOptions = {},
  ): Promise<Result> {
    const { signal: itsOwn, ...its } = given;
    checkSignal(itsOwn);
    const operate = async (signal: AbortSignal): Promise<Result> => {
      refuseClosed();
      const typed = { ...context.typed, ...readOptions(its, allowed) };
      const flags = resolveFlags(typed, context.environment);
      const turn = orAborted(last, signal).then(async () => {
        const operating = { ...context, typed, flags, signal };
        const { session, embedder } = openSource(operating, source, { ...opening, services });
        try {
          return await work({ session, embedder, flags });
        } catch (error) {
          if (isIndexingError(error)) error.endCorpus(source.typed);
          throw error;
        } finally {
          await session.close();
        }
      });
      // One that is stopped before its turn does not bring the next one forward.
      last = Promise.allSettled([last, turn]);
      const result = await turn;
      broken.signal.throwIfAborted();
      return result;
    };
    return telemetry.span('command', { command }, () => stoppable([...stops, itsOwn], operate));
  }

  async function openReader(): Promise<Reader> {
    return createReader({
      embedder: await searchServices.embedder(resolveModel(source.config, context.flags, context.profile)),
      vectors: await searchServices.vectors(settings.collection),
      rows: await searchServices.rows(settings.table),
      corpus: settings.corpus,
    });
  }

  async function search(text: string, { signal: itsOwn, ...its }: SearchOptions): Promise<SearchResult> {
    checkSignal(itsOwn);
    return stoppable([...stops, itsOwn], async (signal) => {
      refuseClosed();
      refuseUnknown(its, ['limit', 'filter']);
      const opening = (reader ??= openReader());
      // The next search opens what could not be opened now.
      opening.catch(() => (reader = undefined));
      return (await orAborted(opening, signal)).search(text, { ...its, signal });
    });
  }

  async function closeServices(): Promise<void> {
    await Promise.allSettled([last, ...searches]);
    await searchServices.close();
    await services.close();
  }

  const close = (): Promise<void> => (closed ??= closeServices());

  return {
    corpus: settings.corpus,
    plan: (given = {}) => inTurn('plan', given, PLAN_FLAGS, planRun, { temporary: true }),
    load: (given = {}) => inTurn('load', given, LOAD_FLAGS, load),
    verify: (given = {}) => inTurn('verify', given, VERIFY_FLAGS, verify),
    repair: (given = {}) => inTurn('repair', given, REPAIR_FLAGS, repair),
    search(text, given = {}) {
      const searching = telemetry.span('command', { command: 'search' }, () => search(text, given));
      searches.add(searching);
      const done = () => void searches.delete(searching);
      searching.then(done, done);
      return searching;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
