import type { Schemas } from '@qdrant/js-client-rest';
import { expect, it } from 'vitest';
import { collectionFacts } from './collection-facts.ts';

const plain = { size: 1536, distance: 'Cosine' } as const;
const factsOf = (params: object) => collectionFacts({ config: { params } } as unknown as Schemas['CollectionInfo']);

it.each([
  ['plain vectors', plain, { dimensions: 1536, distance: 'Cosine', datatype: 'float32' }],
  ['a datatype', { ...plain, datatype: 'uint8' }, { dimensions: 1536, distance: 'Cosine', datatype: 'uint8' }],
  ['no datatype', { ...plain, datatype: null }, { dimensions: 1536, distance: 'Cosine', datatype: 'float32' }],
  ['another distance', { ...plain, distance: 'Dot' }, { dimensions: 1536, distance: 'Dot', datatype: 'float32' }],
])('the facts of a collection with %s are its dimensions, distance and datatype', (_title, vectors, facts) => {
  expect(factsOf({ vectors })).toEqual(facts);
  expect(factsOf({ vectors, sparse_vectors: { words: {} } })).toEqual(facts);
});

it.each([
  ['named vectors', { vectors: { text: plain } }],
  ['a vector named size', { vectors: { size: plain } }],
  ['sparse vectors alone', { vectors: {}, sparse_vectors: { words: {} } }],
  ['no vectors at all', {}],
  ['several vectors a point', { vectors: { ...plain, multivector_config: { comparator: 'max_sim' } } }],
])('the facts of a collection with %s are undefined', (_title, params) => {
  expect(factsOf(params)).toEqual({ dimensions: undefined, distance: undefined, datatype: undefined });
});
