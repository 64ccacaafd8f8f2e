import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { openPglite, startEmbeddedQdrant } from '@lockstep/embedded';
import { createNeonHandler, createStubOpenAiHandler, forwardTo, startFaultyServices } from '@lockstep/testing-faults';

/** The program. */
export const INDEXER = resolve(import.meta.dirname, '../../../apps/indexer/bin/indexer.js');

/** Services over HTTP that hold an index. */
export interface LoadedIndex extends AsyncDisposable {
  /** Where it was loaded from; deleted at the end. */
  readonly folder: string;
  /** Variables with their addresses, and those that a program needs to start. */
  readonly environment: Readonly<Record<string, string>>;
  /** Writes a file of chunks into the folder, and returns its name. */
  writeRecords(name: string, records: readonly object[]): Promise<string>;
  /** The rows that a statement gives, by the names of their columns. */
  query(text: string, ...parameters: string[]): Promise<Readonly<Record<string, string | null>>[]>;
  /** Deletes the row of a chunk, so that its point is alone. */
  deleteRow(chunkId: string): Promise<void>;
}

/** Starts the embedded stores behind their protocols and a stub of OpenAI, and loads records by the command line. */
export async function loadIndex(corpus: string, records: readonly object[]): Promise<LoadedIndex> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-examples-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
  stack.defer(() => qdrant.close());
  const database = await openPglite({ directory: join(folder, 'postgres'), waitMs: 10_000 });
  stack.defer(() => database.close());
  const services = await startFaultyServices({
    handlers: {
      openai: createStubOpenAiHandler({ dimensions: 1536 }),
      qdrant: forwardTo(qdrant.url),
      neon: createNeonHandler((statements, options) => database.run(statements, options)),
    },
    script: {},
  });
  stack.defer(() => services.close());

  const environment = {
    PATH: process.env['PATH'] ?? '',
    ...services.environment,
    OPENAI_API_KEY: 'openai-secret',
    QDRANT_API_KEY: '',
  };
  const writeRecords = async (name: string, written: readonly object[]): Promise<string> => {
    await writeFile(join(folder, name), JSON.stringify(written));
    return name;
  };
  await writeRecords('chunks.json', records);
  const args = [INDEXER, 'run', 'chunks.json', '--corpus', corpus, '--payload', 'page_number', '--price', '0.02'];
  await promisify(execFile)(process.execPath, args, { cwd: folder, env: environment });

  const owned = stack.move();
  return {
    folder,
    environment,
    writeRecords,
    async query(text, ...parameters) {
      const [result] = await database.run([[text, parameters]], { transaction: false });
      const names = result?.columns.map(({ name }) => name) ?? [];
      return (result?.rows ?? []).map((row) => Object.fromEntries(row.map((value, at) => [names[at], value])));
    },
    async deleteRow(chunkId) {
      await database.run([['delete from rag_metadata where chunk_id = $1', [chunkId]]], { transaction: false });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
