import { IndexingError, type CallOptions, type VectorStore } from '@lockstep/model';

/** Refuses, with `model-mismatch`, to put vectors of two models side by side: their distances mean nothing. */
export async function refuseForeignModel(vectors: VectorStore, model: string, call: CallOptions): Promise<void> {
  const found = await vectors.foreignModel(model, call);
  if (found === undefined) return;
  throw new IndexingError({
    code: 'model-mismatch',
    message: `The collection at ${vectors.target} holds vectors of ${found}, and this corpus is embedded with ${model}.`,
    details: { target: vectors.target, found, expected: model },
  });
}

/** Refuses, with `model-mismatch`, a collection whose vectors have another size. One that is not there yet will do. */
export async function refuseOtherDimensions(
  vectors: VectorStore,
  dimensions: number,
  call: CallOptions,
): Promise<void> {
  const facts = await vectors.inspect(call);
  if (facts === undefined || facts.dimensions === dimensions) return;
  const found = facts.dimensions === undefined ? 'named vectors' : `${facts.dimensions} dimensions`;
  throw new IndexingError({
    code: 'model-mismatch',
    message: `The collection at ${vectors.target} has ${found}, and this corpus needs ${dimensions} dimensions.`,
    details: { target: vectors.target, found, expected: dimensions },
  });
}
