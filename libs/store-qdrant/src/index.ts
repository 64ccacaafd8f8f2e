export { createQdrantVectorStore, type QdrantVectorStoreOptions } from './qdrant-vector-store.ts';
