import { EXIT, IndexingError } from '@lockstep/model';
import { refusal } from '@lockstep/routes';
import { corporaHere, type CorporaHereOptions } from '../corpora/corpora-here.ts';
import { knownSource } from '../corpora/known-source.ts';
import { knownCorpora } from '../settings/corpora/known-corpora.ts';
import type { Source } from '../settings/corpus-file.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { resolveFlags } from '../settings/parse-flags.ts';
import { documentsText } from '../text/documents-text.ts';
import { planText } from '../text/plan-text.ts';
import { planVerdict } from '../text/plan-verdict.ts';
import { dryRepairText, repairResult } from '../text/repair-text.ts';
import { runLines } from '../text/run-text.ts';
import { load, planRepair, planRun, repair, type Operated } from '../wiring/corpus-operations.ts';
import { openServices } from '../wiring/open-services.ts';
import { openSource } from '../wiring/open-source.ts';
import type { Context } from '../wiring/resolve-context.ts';
import type { CommandResult } from '../outcome/command-result.ts';
import { LOCK_WAIT_MS } from './hold-services.ts';
import type { RunEnd } from './runs/own-run.ts';
import type { RunKind, RunRequest } from '@lockstep/report';

/** A corpus as its `corpus.json`, or what it was loaded from, is now. Fails with `corpus-unknown`. */
export function sourceOfCorpus({ root, stateDirectory }: CorporaHereOptions, corpus: string): Source {
  const known = corporaHere({ root, stateDirectory });
  const found = known.find(({ name }) => name === corpus);
  if (found !== undefined) return knownSource(found, root);
  const names = knownCorpora(
    corpus,
    known.map(({ name }) => name),
  );
  throw new IndexingError({
    code: 'corpus-unknown',
    message: `No corpus of the workspace has the name ${JSON.stringify(corpus)}.${names}`,
  });
}

/** What the command `plan`, or `repair --dry-run`, says of a corpus: its `--json`, and its text. Writes to no store. */
export async function planOf(context: Context, source: Source, kind: RunKind): Promise<CommandResult> {
  const logger = context.reporter.logger(source.config.name);
  const services = openServices({ ...context, logger, lockWaitMs: LOCK_WAIT_MS });
  const { session, embedder } = openSource(context, source, { temporary: true, services });
  const operated: Operated = { session, embedder, flags: context.flags };
  const price = embeddingPrice(embedder, context.flags);
  try {
    if (kind === 'repair') {
      const { plan, refused } = await planRepair(operated);
      return planVerdict(plan, dryRepairText(plan, price), price, refused);
    }
    const { validate, plan, refused } = await planRun(operated);
    const text = [planText(plan, price), ...documentsText(validate, session.settings.deletes)].join('\n');
    return planVerdict(plan, text, price, refused);
  } finally {
    await session.close();
    await services.close();
  }
}

/**
 * Plans of corpora, one at a time for each: who asks while it is made gets the same. Fails with `run-under-way` while a run of this
 * server changes what would be compared.
 */
export function createPlanner(
  context: Context,
  isRunning: (corpus: string) => boolean,
): (corpus: string, kind: RunKind) => Promise<CommandResult> {
  const planning = new Map<string, Promise<CommandResult>>();
  return async (corpus, kind) => {
    if (isRunning(corpus)) throw refusal('run-under-way', `A run of ${corpus} is under way in this server`);
    const name = JSON.stringify([corpus, kind]);
    const plan = planning.get(name) ?? planOf(context, sourceOfCorpus(context, corpus), kind);
    planning.set(name, plan);
    return plan.finally(() => planning.delete(name));
  };
}

/** Flags of a run that may do no more than was asked for. */
export function limitedFlags({ typed, environment, flags }: Context, { maxCost, pay }: RunRequest): Context['flags'] {
  const allowed = maxCost === undefined ? flags['max-cost'] : Math.min(maxCost, flags['max-cost'] ?? Infinity);
  return resolveFlags({ ...typed, pay, ...(allowed === undefined ? {} : { 'max-cost': allowed }) }, environment);
}

/** Does what the command `run`, or `repair`, does with a corpus. */
export async function doRun(context: Context, source: Source, kind: RunKind): Promise<RunEnd> {
  const { session, embedder } = openSource(context, source);
  const operated: Operated = { session, embedder, flags: context.flags };
  const price = embeddingPrice(embedder, context.flags);
  const shown = { folder: session.folder, typed: source.config.name };
  try {
    if (kind === 'repair') {
      const { text, exit = EXIT.done } = repairResult(await repair(operated), price, shown);
      return { text, ok: exit === EXIT.done };
    }
    const done = await load(operated);
    const { deletes } = session.settings;
    const { stages, outcome } = runLines(done, { ...shown, price, deletes });
    return { text: [...stages, ...outcome].join('\n'), ok: done.verify.ok };
  } finally {
    await session.close();
  }
}
