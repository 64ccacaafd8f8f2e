export { copyOfOnceMade } from './copy-of-once-made.ts';
export { createDatabase, type TestDatabase } from './postgres-database.ts';
export { openPostgresSession, type PostgresSession } from './postgres-session.ts';
export { type PostgresServer, startPostgresServer } from './postgres-server.ts';
