import { IndexingError, isIndexingError, type Artifacts } from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { readReceipt } from '../files/receipt-file.ts';
import type { ValidateReceipt } from '../receipts.ts';
import { readAttempts } from './attempt.ts';

/**
 * The receipt of the last validate. Fails with `artifact-missing` where there was none, and with `validate-failed` where the
 * last one has failed, or has not ended: it is then not known what the stores are to hold.
 */
export async function readValidated(artifacts: Artifacts): Promise<ValidateReceipt> {
  try {
    return await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
  } catch (error) {
    if (!isIndexingError(error) || error.code !== 'artifact-missing') throw error;
    const failed = (await readAttempts(artifacts)).find(({ step }) => step === 'run' || step === 'validate');
    if (failed === undefined) throw error;
    const how =
      failed.error === null
        ? 'has not ended: it is under way, or was killed'
        : `failed (${failed.error.code}): ${failed.error.message}`;
    throw new IndexingError({
      code: 'validate-failed',
      message: `It is not known what the stores are to hold. The last validate of this corpus ${how}`,
      details: { failed: failed.error?.code ?? null },
    });
  }
}
