import { basisDigest, FILES, receiptIfThere, type ValidateReceipt } from '@lockstep/pipeline';
import { createDiskArtifacts } from '../runtime/disk-artifacts.ts';
import { inputFileDigest } from '../runtime/input-file.ts';
import { linkFiles } from '../runtime/linked-files.ts';
import type { Temporaries } from '../runtime/temporaries.ts';
import type { EmbedderFacts } from '../settings/embedder-facts.ts';

export interface ReuseOptions {
  /** Folder of the corpus, with what its stages made. */
  readonly from: string;
  /** Folder that gets the same files; none of the stage's are there yet. */
  readonly into: string;
  readonly temporaries: Temporaries;
  readonly inputPath: string;
  readonly embedder: EmbedderFacts;
  readonly truncates: boolean;
  readonly signal: AbortSignal;
}

/** Files of the stage. The receipt comes last: a stage takes it away before it writes, and writes it last. */
const MADE = [FILES.chunks, FILES.held, FILES.rejects, FILES.validateReceipt];

/**
 * Reuses the chunks that `validate` made of the same bytes with the same settings, so that they need not be made
 * again; undefined where there are none, or where another run is replacing them.
 */
export async function reuseChunks(options: ReuseOptions): Promise<ValidateReceipt | undefined> {
  const { from, into, temporaries, inputPath, embedder, truncates, signal } = options;
  /** A receipt that cannot be read counts as missing. */
  const receiptIn = (folder: string) =>
    receiptIfThere<ValidateReceipt>(createDiskArtifacts(folder, temporaries), FILES.validateReceipt).catch(() => {});
  const made = await receiptIn(from);
  if (!made) return undefined;
  const inputDigest = await inputFileDigest(inputPath, signal);
  const { identity, inputTokensMax } = embedder;
  if (made.basis !== basisDigest({ inputDigest, identity, inputTokensMax, truncates })) return undefined;
  if (!linkFiles(MADE, from, into)) return undefined;
  const reused = await receiptIn(into);
  return reused?.startedAt === made.startedAt ? reused : undefined;
}
