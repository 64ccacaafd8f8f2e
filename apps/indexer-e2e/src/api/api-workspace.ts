import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIndex, type Index, type IndexEvent, type IndexOptions } from '@lockstep/indexer';
import { startStubOpenAi, type Script, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { Client } from 'pg';

const DIMENSIONS = 8;

/** Chunks in one request to the embedding service. */
export const BATCH = 10;

/** A workspace with the corpus `books`, a stub of OpenAI, a database of its own, and the embedded Qdrant. */
export interface ApiWorkspace {
  readonly folder: string;
  readonly openai: StubOpenAi;
  /** Variables of the services. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes the input of `books`. */
  write(records: readonly object[]): void;
  /** Opens `books` with these services; the index is closed at the end. */
  open(options?: Partial<IndexOptions>): Promise<Index>;
  /** One statement to the database. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** Records whose texts all differ. */
export const records = (count: number): { readonly id: string; readonly text: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text number ${at}` }));

export async function createApiWorkspace(script?: Script): Promise<ApiWorkspace> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-api-'));
  writeFileSync(join(folder, 'nx.json'), '{}');
  mkdirSync(join(folder, 'books'));
  const config = { name: 'books', input: 'chunks.json', dimensions: DIMENSIONS, batchSize: BATCH };
  writeFileSync(join(folder, 'books/corpus.json'), JSON.stringify(config));
  const database: TestDatabase = await createDatabase();
  const client = new Client({ connectionString: database.connectionString });
  await client.connect();
  const openai = await startStubOpenAi({ dimensions: DIMENSIONS, ...(script === undefined ? {} : { script }) });
  const opened: Index[] = [];
  const env = {
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
    LOCKSTEP_EMBEDDER: 'cloud',
    LOCKSTEP_VECTORS: 'embedded',
    LOCKSTEP_ROWS: 'cloud',
  };
  return {
    folder,
    openai,
    env,
    write: (chunks) => writeFileSync(join(folder, 'books/chunks.json'), JSON.stringify(chunks)),
    async open(options) {
      const index = await openIndex({ corpus: 'books', cwd: folder, env, ...options });
      opened.push(index);
      return index;
    },
    query: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
    async close() {
      for (const index of opened) await index.close();
      await client.end();
      await openai.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The events that are told, and what waits for one of them. */
export function collectEvents(): { readonly events: IndexEvent[]; readonly onEvent: (event: IndexEvent) => void } {
  const events: IndexEvent[] = [];
  return { events, onEvent: (event) => void events.push(event) };
}
