import { statSync } from 'node:fs';
import { isIndexingError } from '@lockstep/model';
import { compareInput, type InputSince, type ValidateReceipt } from '@lockstep/pipeline';
import { digestNow } from './input-digest.ts';
import type { Input } from './input-parts.ts';

/** Inputs up to this size are read whatever their times say: clocks of two machines may differ. It takes 20 ms or less. */
const READ_BYTES_MAX = 16 * 1024 * 1024;

/**
 * What became of an input since a validate read it. A larger one is read only if a file of it was written, replaced or moved
 * after that, as the time of change says, which no program can set back.
 */
export async function inputSince(
  validated: ValidateReceipt,
  find: () => Input,
  signal: AbortSignal,
): Promise<InputSince> {
  if (typeof validated.inputDigest !== 'string') return 'not-compared';
  try {
    const input = find();
    if (!isTouched(input, validated)) return 'as-validated';
    return await compareInput(validated, () => digestNow(input, signal));
  } catch (error) {
    if (!isIndexingError(error) || signal.aborted) throw error;
    return error.code === 'input-changed' ? 'changed' : 'missing';
  }
}

function isTouched({ parts }: Input, { startedAt, files }: ValidateReceipt): boolean {
  if (parts.length !== (files?.count ?? 1)) return true;
  let bytes = 0;
  let changedMs = 0;
  for (const part of parts) {
    if (part.kind !== 'file') return true;
    const stats = statSync(part.path, { throwIfNoEntry: false });
    bytes += stats?.size ?? Infinity;
    changedMs = Math.max(changedMs, stats?.ctimeMs ?? 0);
  }
  return bytes <= READ_BYTES_MAX || changedMs >= Date.parse(startedAt);
}
