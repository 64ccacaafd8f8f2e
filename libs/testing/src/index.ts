export { type QdrantUnderTest, qdrantSuite } from './qdrant-suite.ts';
