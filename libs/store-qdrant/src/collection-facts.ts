import type { Schemas } from '@qdrant/js-client-rest';
import type { CollectionFacts } from '@lockstep/model';

/** How vectors are stored where Qdrant does not say. */
const DATATYPE_DEFAULT = 'float32';

/**
 * What a collection is made of, as far as we use it. All is undefined where its points have no vector without a name (named
 * and sparse ones), or several.
 */
export function collectionFacts({ config }: Schemas['CollectionInfo']): CollectionFacts {
  const { vectors } = config.params;
  // A named vector may be called `size`: then what stands there is no number.
  if (vectors === undefined || !('size' in vectors) || typeof vectors.size !== 'number' || isMulti(vectors)) {
    return { dimensions: undefined, distance: undefined, datatype: undefined };
  }
  const { size, distance, datatype } = vectors as Schemas['VectorParams'];
  return { dimensions: size, distance, datatype: typeof datatype === 'string' ? datatype : DATATYPE_DEFAULT };
}

function isMulti(vectors: object): boolean {
  return 'multivector_config' in vectors && vectors.multivector_config !== null;
}
