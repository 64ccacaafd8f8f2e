export { type QdrantUnderTest, qdrantSuite } from './qdrant-suite.ts';
export { createDatabase, type TestDatabase } from './postgres-database.ts';
export { type PostgresServer, startPostgresServer } from './postgres-server.ts';
