import { createMemoryVectorStore, type MemoryCollection } from './memory-vector-store.ts';
import { vectorStoreSuite } from '../suites/vector-store-suite.ts';

vectorStoreSuite('the vector store in memory', async () => {
  const collections = new Map<string, MemoryCollection>();
  const targetOf = (collection: string): string => `memory/${collection}`;
  return {
    store: (collection) => createMemoryVectorStore({ target: targetOf(collection), pageItems: 1000, collections }),
    indexes: async (collection) => collections.get(targetOf(collection))?.indexes ?? {},
    drop: async (collection) => void collections.delete(targetOf(collection)),
    close: async () => {},
  };
});
