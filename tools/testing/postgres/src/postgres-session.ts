import { Client } from 'pg';

/** One connection, on which a transaction can span several calls. */
export interface PostgresSession {
  readonly query: (text: string, parameters?: readonly unknown[]) => Promise<Readonly<Record<string, unknown>>[]>;
  readonly end: () => Promise<void>;
}

/** Opens a connection to a test database. Call `end` before the database is dropped. */
export async function openPostgresSession(connectionString: string): Promise<PostgresSession> {
  const client = new Client({ connectionString });
  await client.connect();
  return {
    query: async (text, parameters = []) =>
      (await client.query<Record<string, unknown>>(text, parameters.length === 0 ? undefined : [...parameters])).rows,
    end: () => client.end(),
  };
}
