export { createPgClient, type PgClient, type PgClientOptions } from './pg-client.ts';
