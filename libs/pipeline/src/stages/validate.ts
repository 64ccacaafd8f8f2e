import type { OverlongTexts, ValidateReceipt } from '../receipts.ts';
import { makeChunks, type MakeChunksOptions } from '../accept/make-chunks.ts';
import { FILES } from '../files/corpus-files.ts';
import { writeReceipt } from '../files/receipt-file.ts';
import { createRejectsFile } from '../files/rejects-file.ts';
import type { StageContext } from '../work/stage-context.ts';
import { basisDigest } from './validate-basis.ts';

export interface ValidateOptions extends Omit<MakeChunksOptions, 'withTexts'> {
  /** Records that the rejects file lists. @default LISTED_MAX */
  readonly listedMax?: number;
}

/**
 * Reads the input into chunks: `chunks.jsonl` sorted by point id, `held.jsonl`, `rejects.jsonl` and the receipt.
 *
 * A rejected record does not end the stage. The rejects file lists at most `listedMax` of them, and says how many more
 * there are; the held file lists all that are held. Of records with equal ids the first is accepted; a later one is a
 * duplicate if it is equal, and rejected if not. Fails, and writes no chunks, for input that is malformed, empty
 * or without any acceptable record, and under `strict` for any reject (`records-rejected`).
 */
export async function validate(context: StageContext, options: ValidateOptions): Promise<ValidateReceipt> {
  const { artifacts, corpus, clock, logger } = context;
  const startedAt = clock.now();
  await artifacts.remove(FILES.validateReceipt);
  const chunks = await artifacts.write(FILES.chunks);
  const held = await artifacts.write(FILES.held);
  const rejects = await createRejectsFile(context, options.listedMax);
  try {
    const { sums, files, inputDigest, refusal } = await makeChunks(context, options, {
      chunk: (line) => chunks.write(line),
      held: (line) => held.write(line),
      reject: (where, rejection, record) => rejects.add(where, rejection, record?.raw ?? record?.value),
    });
    if (refusal !== undefined) {
      await rejects.close();
      throw refusal;
    }
    await chunks.close();
    await held.close();
    await rejects.close();
    const receipt: ValidateReceipt = {
      stage: 'validate',
      corpus,
      ...sums,
      ...(files && { files }),
      embedder: options.embedder.identity,
      basis: inputDigest === null ? null : basisOf(inputDigest, options, sums.overlong),
      inputDigest,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: clock.now() - startedAt,
    };
    await writeReceipt(artifacts, FILES.validateReceipt, receipt);
    const { records, accepted, rejected, duplicates } = sums;
    logger.info('corpus-validated', { records, accepted, rejected, duplicates, held: sums.held });
    return receipt;
  } catch (error) {
    await Promise.all([chunks.discard(), held.discard(), rejects.discard()]);
    throw error;
  }
}

function basisOf(inputDigest: string, { embedder, fields }: ValidateOptions, overlong: OverlongTexts | null): string {
  const { identity, inputTokensMax } = embedder;
  return basisDigest({ inputDigest, identity, inputTokensMax, overlong: overlong?.mode ?? null, fields });
}
