import type { Fields } from '@lockstep/model';
import { basisDigest, FILES, receiptIfThere, type OverlongChoice, type ValidateReceipt } from '@lockstep/pipeline';
import { createDiskArtifacts } from '../runtime/disk-artifacts.ts';
import { inputFilesDigest, type LocalFile } from '../runtime/input-file.ts';
import { linkFiles } from '../runtime/linked-files.ts';
import type { Temporaries } from '../runtime/temporaries.ts';
import type { EmbedderFacts } from '../settings/embedder-facts.ts';

export interface ReuseOptions {
  /** Folder of the corpus, with the files of its stages. */
  readonly from: string;
  /** Folder that gets the same files; it has none of them yet. */
  readonly into: string;
  readonly temporaries: Temporaries;
  /** The files of the input; asked for where there are chunks to reuse. */
  readonly input: () => Promise<readonly LocalFile[]>;
  readonly embedder: EmbedderFacts;
  /** What becomes of texts that are too long; asked for where there may be some. */
  readonly overlong: () => Promise<OverlongChoice>;
  readonly fields: Fields;
  readonly signal: AbortSignal;
}

/** Output of `validate`. The receipt comes last, as `validate` removes it before it writes and writes it last. */
const OUTPUT = [FILES.chunks, FILES.held, FILES.rejects, FILES.validateReceipt];

/**
 * Reuses the chunks that `validate` made from the same bytes with the same settings. Undefined if there are none, or if
 * another run is replacing them.
 */
export async function reuseChunks(options: ReuseOptions): Promise<ValidateReceipt | undefined> {
  const { from, into, temporaries, input, embedder, overlong, fields, signal } = options;
  /** A receipt that cannot be read counts as missing. */
  const receiptIn = (folder: string) =>
    receiptIfThere<ValidateReceipt>(createDiskArtifacts(folder, temporaries), FILES.validateReceipt).catch(() => {});
  const made = await receiptIn(from);
  if (!made) return undefined;
  const inputDigest = await inputFilesDigest(await input(), signal);
  const { identity, inputTokensMax } = embedder;
  const basis = { inputDigest, identity, inputTokensMax, fields };
  if (
    made.basis !== basisDigest({ ...basis, overlong: null }) &&
    made.basis !== basisDigest({ ...basis, overlong: (await overlong()).mode })
  )
    return undefined;
  if (!linkFiles(OUTPUT, from, into)) return undefined;
  const reused = await receiptIn(into);
  return reused?.startedAt === made.startedAt ? reused : undefined;
}
