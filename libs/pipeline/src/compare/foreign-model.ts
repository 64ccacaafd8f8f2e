import { counted, IndexingError, type CallOptions, type VectorStore } from '@lockstep/model';

/** Fails with `model-mismatch` for a collection with vectors of another model: distances between models mean nothing. */
export async function refuseForeignModel(vectors: VectorStore, model: string, call: CallOptions): Promise<void> {
  const found = await vectors.foreignModel(model, call);
  if (found === undefined) return;
  throw new IndexingError({
    code: 'model-mismatch',
    message: `The collection at ${vectors.target} holds vectors of ${found}, and this corpus is embedded with ${model}.`,
    details: { target: vectors.target, found, expected: model },
  });
}

/** Fails with `model-mismatch` for a collection whose vectors have another size. Accepts a missing collection. */
export async function refuseOtherDimensions(
  vectors: VectorStore,
  dimensions: number,
  call: CallOptions,
): Promise<void> {
  const facts = await vectors.inspect(call);
  if (facts === undefined || facts.dimensions === dimensions) return;
  const found = facts.dimensions === undefined ? 'named vectors' : counted(facts.dimensions, 'dimension');
  throw new IndexingError({
    code: 'model-mismatch',
    message: `The collection at ${vectors.target} has ${found}, and this corpus needs ${counted(dimensions, 'dimension')}.`,
    details: { target: vectors.target, found, expected: dimensions },
  });
}
