import type { DeleteMode, EmbedderIdentity, EmbeddingReader, TextMeasure } from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { refuseForeignModel, refuseOtherDimensions } from '../compare/foreign-model.ts';
import { chunksElsewhere } from '../compare/chunks-elsewhere.ts';
import { planEmbedding, type KnownKeys } from '../compare/plan-embedding.ts';
import { probeStores } from '../compare/probe-stores.ts';
import type { Projection } from '../compare/projection.ts';
import { readReceipt } from '../files/receipt-file.ts';
import type { Trust } from '../compare/trust.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { Stores } from '../work/stores.ts';
import type { CorpusPlan, ValidateReceipt } from '../receipts.ts';

export interface PlanOptions extends Stores {
  readonly identity: EmbedderIdentity;
  /** Counts the tokens of what is to be paid for; called only when something is. */
  readonly counter: () => Promise<TextMeasure>;
  readonly cache: EmbeddingReader & KnownKeys;
  readonly projection: Projection;
  readonly deletes: DeleteMode;
  readonly trust: Trust;
}

/**
 * Compares what the validated corpus wants with what the cache and both stores contain, and writes nothing. A store
 * without a stamp is compared by content and vectors, as its load does.
 *
 * Fails with `model-mismatch` for a collection of other dimensions or with points of another model.
 */
export async function planCorpus(context: StageContext, options: PlanOptions): Promise<CorpusPlan> {
  const { artifacts, corpus, clock, signal } = context;
  const { identity, counter, cache, vectors, projection } = options;
  const call = { signal };
  const startedAt = clock.now();
  const validated = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
  if (vectors !== undefined) {
    await refuseOtherDimensions(vectors, identity.dimensions, call);
    await refuseForeignModel(vectors, projection.model, call);
  }
  const stores = await probeStores(context, {
    ...options,
    validated,
    known: cache,
    plan: true,
    nonce: () => 'none',
  });
  return {
    corpus,
    input: { accepted: validated.accepted, rejected: validated.rejected, held: validated.held },
    embedder: identity,
    overlong: validated.overlong ?? null,
    embedding: await planEmbedding(artifacts, { counter, cache, ...call }),
    elsewhere: await chunksElsewhere(context, options, stores),
    stores,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };
}
