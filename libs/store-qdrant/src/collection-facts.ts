import type { Schemas } from '@qdrant/js-client-rest';
import type { CollectionFacts } from '@lockstep/model';

/** The datatype of vectors when Qdrant reports none. */
const DATATYPE_DEFAULT = 'float32';

/**
 * Dimensions, distance and datatype of the unnamed vector of a collection; undefined when its vectors are named or
 * sparse, or when a point has several.
 */
export function collectionFacts({ config }: Schemas['CollectionInfo']): CollectionFacts {
  const { vectors } = config.params;
  // A vector may be named `size`; its value is then an object and not a number.
  if (vectors === undefined || !('size' in vectors) || typeof vectors.size !== 'number' || isMulti(vectors)) {
    return { dimensions: undefined, distance: undefined, datatype: undefined };
  }
  const { size, distance, datatype } = vectors as Schemas['VectorParams'];
  return { dimensions: size, distance, datatype: typeof datatype === 'string' ? datatype : DATATYPE_DEFAULT };
}

function isMulti(vectors: object): boolean {
  return 'multivector_config' in vectors && vectors.multivector_config !== null;
}
