import { IndexingError } from '@lockstep/model';
import { resolveModel } from '../settings/corpus-settings.ts';
import type { Services } from '../wiring/open-services.ts';
import type { Context } from '../wiring/resolve-context.ts';
import type { EvaluatedCorpus } from './evaluated-corpus.ts';

/**
 * The same corpus in a second collection, such as one with another model beside the one in use. Its model and dimensions are those
 * that it has. Fails with `usage` where it does not exist.
 */
export async function secondCollection(
  { flags, profile, signal }: Context,
  services: Services,
  first: EvaluatedCorpus,
  collection: string,
): Promise<EvaluatedCorpus> {
  const vectors = await services.vectors(collection);
  const facts = await vectors.inspect({ signal });
  if (facts === undefined) {
    throw new IndexingError({ code: 'usage', message: `There is no collection ${vectors.target}.` });
  }
  const model = (await vectors.foreignModel(first.model.model, { signal })) ?? first.model.model;
  const dimensions = facts.dimensions ?? first.model.dimensions;
  return {
    ...first,
    collection,
    table: flags['compare-table'] ?? first.table,
    model: resolveModel({ model, dimensions }, { ...flags, model: undefined, dimensions: undefined }, profile),
  };
}
