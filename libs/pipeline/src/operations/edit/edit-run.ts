import { IndexingError, STORES, type CallOptions, type RunCounts, type RunStart } from '@lockstep/model';
import type { Projection } from '../../compare/projection.ts';
import { EDITED_INPUT, refuseLoadedCorpus } from '../../runs/edited-corpus.ts';
import { endFailedRun, NO_COUNTS } from '../../runs/end-run.ts';
import { checkFence } from '../../runs/fence.ts';
import { takeCorpus } from '../../runs/take-corpus.ts';
import type { StageContext } from '../../work/stage-context.ts';
import type { AllStores } from '../../work/stores.ts';
import { withDetails } from '../../work/with-details.ts';

/** What an edit is given. */
export type EditContext = Pick<StageContext, 'corpus' | 'clock' | 'logger' | 'signal'>;

export interface EditOptions extends AllStores {
  readonly runId: string;
  readonly projection: Projection;
}

/** The run of an edit, for its writes. */
export interface EditRun {
  readonly fence: number;
  /** What was written and deleted so far; the writes add to it. */
  readonly done: { -readonly [Name in keyof Work]: Work[Name] };
  /** To be called before each request to Qdrant, which has no check of its own. Fails with `overtaken`. */
  check(): Promise<void>;
}

type Work = Record<'pointsWritten' | 'pointsDeleted' | 'rowsWritten' | 'rowsDeleted', number>;

export interface EditWork {
  /** Writes to both stores, the rows first: their transaction stops an edit that was overtaken before it reaches Qdrant. */
  readonly write: (run: EditRun) => Promise<void>;
  /** Reads back what was written, and counts the chunks that are otherwise in a store. */
  readonly differing: () => Promise<number>;
  /** What was paid for it. */
  readonly tokens: number;
}

/**
 * Writes under a fence, as a run does, and enters that into the run table. The stamps are withdrawn before the first write:
 * the stores no longer hold what a load left. None is written, since nothing says what the corpus wants but its rows.
 * After the last write the fence is read once more: of two edits at once at least one fails.
 *
 * *Errors*: `corpus-loaded`, `overtaken`, `stores-differ`, and those of the services, with what was written until then in
 * the details. Repeating the edit is safe, and brings both stores in step.
 */
export async function editRun(context: EditContext, options: EditOptions, work: EditWork): Promise<EditRun> {
  const { corpus, clock, logger, signal } = context;
  const { runId, vectors, rows, ledger, projection } = options;
  const call: CallOptions = { signal };
  const start: RunStart = {
    runId,
    kind: 'edit',
    digest: '',
    model: projection.model,
    qdrantTarget: vectors.target,
    neonTarget: rows.target,
    input: EDITED_INPUT,
    startedAt: new Date(clock.now()).toISOString(),
  };
  const fence = await takeCorpus(corpus, start, options, call);
  const holder = { corpus, runId, fence };
  const check = (): Promise<void> => checkFence(holder, ledger, signal);
  const run: EditRun = {
    fence,
    done: { pointsWritten: 0, pointsDeleted: 0, rowsWritten: 0, rowsDeleted: 0 },
    check,
  };
  try {
    // Two first runs may have started at once.
    await refuseLoadedCorpus(corpus, options, { fence, signal });
    // An overtaken edit must not withdraw the stamps of the run that took over.
    await check();
    for (const store of STORES) await ledger.removeStamp(corpus, store, call);
    await work.write(run);
    const differing = await work.differing();
    await check();
    if (differing > 0) throw storesDiffer(corpus, differing);
    await end(run.done);
  } catch (error) {
    await endFailedRun(ledger, { ...context, fence }, error);
    throw withDetails(error, run.done);
  }
  logger.info('corpus-edited', { corpus, fence, ...run.done, tokens: work.tokens });
  return run;

  async function end(done: Partial<RunCounts>): Promise<void> {
    const finishedAt = new Date(clock.now()).toISOString();
    const paid = { tokensPaid: work.tokens, tokensSaved: null, embeddedAt: null };
    const counts = { ...NO_COUNTS, ...done };
    await ledger.endRun(corpus, fence, { finishedAt, outcome: 'done', error: null, counts, ...paid }, call);
  }
}

function storesDiffer(corpus: string, chunks: number): IndexingError {
  return new IndexingError({
    code: 'stores-differ',
    message: `Read back after they were written, ${chunks} chunks of ${corpus} are not the same in both stores: another program writes to them.`,
    details: { corpus, chunks },
  });
}
