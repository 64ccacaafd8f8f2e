import { STORES, type Artifacts, type Ledger } from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { countCalls } from '../work/count-calls.ts';
import { createDifferenceLog, type DifferenceLog } from './difference-log.ts';
import { receiptIfThere } from '../files/receipt-file.ts';
import { refuseDropped } from '../runs/refuse-dropped.ts';
import { readValidated } from '../runs/validated.ts';
import { readRefused } from '../files/refused-texts.ts';
import type { StageContext } from '../work/stage-context.ts';
import { compareInput } from './compare-input.ts';
import { verifyCache } from './verify-cache.ts';
import type { VerifyOptions } from './verify-options.ts';
import { verifyPoints, verifyRows } from './verify-stores.ts';
import { verifyRetained } from './verify-retained.ts';
import type { ProvisionReceipt, VerifyCounts, VerifyReceipt } from '../receipts.ts';

/**
 * Compares the corpus with its slice of the cache and with what both stores contain now, and the input with what the last
 * validate read, and writes the verify receipt. A store that differs loses its stamp, so that the next load compares
 * everything in it. A difference is no error, and neither is another input: see `ok`.
 * Fails with `corpus-dropped` where the stores lack what a drop has deleted. Memory grows neither with the corpus nor with
 * the number of differences.
 */
export async function verify(context: StageContext, options: VerifyOptions): Promise<VerifyReceipt> {
  const { artifacts, corpus, clock, logger } = context;
  const { vectors, rows, ledger, level, ofRun } = options;
  const startedAt = clock.now();
  const calls = countCalls(context);
  const input = { ...options, refused: await readRefused(artifacts) };
  const validated = await readValidated(artifacts);
  const run = await receiptIfThere<ProvisionReceipt>(artifacts, FILES.run);
  const inputNow = await compareInput(validated, ofRun ? undefined : options.inputDigest);
  await artifacts.remove(FILES.verifyReceipt);
  const scratch = await artifacts.scratch();
  const log = await createDifferenceLog(scratch);
  try {
    const cache = await verifyCache(context, input, log);
    const wanted = { chunks: validated.accepted - cache.refused, held: validated.held + cache.refused };
    const points = vectors === undefined ? undefined : await verifyPoints(context, input, vectors, wanted, log);
    const stored = rows === undefined ? undefined : await verifyRows(context, input, rows, wanted, log);
    const retained = [points, stored].some((counts) => counts !== undefined && counts.held + counts.kept > 0);
    if (retained) await verifyRetained(context, input, log);

    const isApart = log.sides.qdrant + log.sides.neon > 0;
    if (isApart && !ofRun && ledger !== undefined) await refuseDropped(context, ledger);
    const overtakenBy = await laterRun(context, run, ledger);
    for (const store of STORES) {
      // The stamps of a later run are for its input, which was not compared here.
      if (log.sides[store] > 0 && overtakenBy === undefined) await ledger?.removeStamp(corpus, store);
    }
    const counts: VerifyCounts = {
      input: wanted.chunks,
      cache: cache.found,
      qdrant: points?.count ?? null,
      neon: stored?.count ?? null,
    };
    const receipt: VerifyReceipt = {
      ok: log.count() === 0 && inputNow !== 'changed',
      overtakenBy: overtakenBy ?? null,
      corpus,
      ...(run?.fence === undefined ? {} : { fence: run.fence }),
      digest: validated.digest,
      validatedAt: validated.startedAt,
      inputNow,
      level,
      counts,
      refused: cache.refused,
      held: Math.max(points?.held ?? 0, stored?.held ?? 0),
      kept: Math.max(points?.kept ?? 0, stored?.kept ?? 0),
      targets: {
        ...(vectors === undefined ? {} : { qdrant: vectors.target }),
        ...(rows === undefined ? {} : { neon: rows.target }),
      },
      startedAt: new Date(startedAt).toISOString(),
      durationMs: clock.now() - startedAt,
      calls: calls(),
      notComparable: points?.notComparable ?? 0,
      differencesCount: log.count(),
      sides: log.sides,
      differences: log.first,
    };
    await writeVerifyReceipt(artifacts, receipt, log);
    logger.info('corpus-verified', { ...counts, ok: receipt.ok, differences: log.count() });
    return receipt;
  } finally {
    await log.discard();
    await scratch.dispose();
  }
}

/** The run that has taken the fence since the one that is provisioned here, if there is one. */
async function laterRun(
  { corpus, signal }: StageContext,
  run: ProvisionReceipt | undefined,
  ledger: Ledger | undefined,
): Promise<string | undefined> {
  if (ledger === undefined || run?.fence === undefined) return undefined;
  const holder = await ledger.fenceHolder(corpus, { signal });
  return holder !== undefined && holder.fence > run.fence ? holder.runId : undefined;
}

/** Writes the receipt with all differences, one a line, without having them all in memory. */
async function writeVerifyReceipt(artifacts: Artifacts, receipt: VerifyReceipt, log: DifferenceLog): Promise<void> {
  const writer = await artifacts.write(FILES.verifyReceipt);
  try {
    const head = JSON.stringify({ ...receipt, differences: [] }, null, 2);
    await writer.write(head.slice(0, head.lastIndexOf(']')));
    let separator = '\n    ';
    for await (const line of log.lines()) {
      await writer.write(`${separator}${line}`);
      separator = ',\n    ';
    }
    await writer.write(`${log.count() > 0 ? '\n  ' : ''}]\n}\n`);
    await writer.close();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
