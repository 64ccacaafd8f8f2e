import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { PostgresAnswer } from './postgres-global-setup.ts';

/** A database of one test file. */
export interface TestDatabase {
  /** A URL with user and password. */
  readonly connectionString: string;
  readonly name: string;
  /** Drops the database, and closes its open connections. */
  readonly drop: () => Promise<void>;
}

/**
 * A new, empty database on the server that all test files share; the first call of a run starts that server.
 * Call it in `beforeAll`, and `drop` in `afterAll`. Needs `postgres-global-setup.ts` in vitest's `globalSetup`.
 * *Errors*: throws without that set-up, and if no server can be started, with the reason.
 * *Effects*: one database named `lockstep_test_<random>`, in UTF8 and with the collation C.
 */
export async function createDatabase(): Promise<TestDatabase> {
  const server = await askForServer();
  const name = `lockstep_test_${randomBytes(8).toString('hex')}`;
  await run(server, `create database ${name} template template0 encoding 'UTF8' locale 'C'`);
  const url = new URL(server);
  url.pathname = name;
  return { connectionString: url.href, name, drop: () => run(server, `drop database ${name} with (force)`) };
}

async function askForServer(): Promise<string> {
  const path = inject('lockstepPostgres') as string | undefined;
  if (path === undefined) throw new Error('createDatabase needs postgres-global-setup.ts in the globalSetup of vitest');
  const answer = JSON.parse(await text(connect(path))) as PostgresAnswer;
  if ('error' in answer) throw new Error(answer.error);
  return answer.connectionString;
}

async function run(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
