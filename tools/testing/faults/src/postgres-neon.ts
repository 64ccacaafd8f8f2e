import pg from 'pg';
import { runStatements, type Statement } from '@lockstep/model';
import type { Handler } from './fault-server.ts';
import { createNeonHandler, type RunBehindNeon } from './neon-handler.ts';

/** An imitation of Neon with a Postgres server of the tests. */
export interface PostgresNeon {
  readonly handler: Handler;
  close(): Promise<void>;
}

/** Imitates Neon in front of a real Postgres server, with its own connections. */
export function createPostgresNeon({ connectionString }: { readonly connectionString: string }): PostgresNeon {
  const pool = new pg.Pool({ connectionString, max: 8 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const run: RunBehindNeon = async (statements, options) => {
    const client = await pool.connect();
    try {
      return await runStatements((statement) => execute(client, statement), statements, options);
    } finally {
      client.release();
    }
  };
  return { handler: createNeonHandler(run), close: () => pool.end() };
}

/** Keeps values as the texts that Postgres sent. The types of `pg` lack both options. */
const RAW_TEXT = { queryMode: 'extended', types: { getTypeParser: () => (text: string) => text } } as object;

async function execute(client: pg.PoolClient, [text, values = []]: Statement) {
  const query = { ...RAW_TEXT, text, values: [...values], rowMode: 'array' } as const;
  const { fields, rows } = await client.query<(string | null)[]>(query);
  return { columns: fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID })), rows };
}
