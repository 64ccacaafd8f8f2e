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

/** Datatypes that keep the numbers of a model well enough. `uint8` is for models that give whole numbers from 0 to 255. */
const DATATYPES = ['float32', 'float16'];

/** Fails with `model-mismatch` for a collection whose vectors have another size or cannot hold fractions. Accepts a missing collection. */
export async function refuseOtherDimensions(
  vectors: VectorStore,
  dimensions: number,
  call: CallOptions,
): Promise<void> {
  const facts = await vectors.inspect(call);
  if (facts === undefined) return;
  if (facts.dimensions !== undefined && !DATATYPES.includes(facts.datatype ?? '')) {
    throw new IndexingError({
      code: 'model-mismatch',
      message: `The collection at ${vectors.target} stores vectors as ${facts.datatype}, and this corpus needs float32 or float16.`,
      details: { target: vectors.target, found: facts.datatype ?? null, expected: 'float32' },
    });
  }
  if (facts.dimensions === dimensions) return;
  const found = facts.dimensions === undefined ? 'named vectors' : counted(facts.dimensions, 'dimension');
  throw new IndexingError({
    code: 'model-mismatch',
    message: `The collection at ${vectors.target} has ${found}, and this corpus needs ${counted(dimensions, 'dimension')}.`,
    details: { target: vectors.target, found, expected: dimensions },
  });
}
