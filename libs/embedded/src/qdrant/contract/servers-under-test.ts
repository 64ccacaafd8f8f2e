import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant } from '../start-embedded-qdrant.ts';

/** A Qdrant server for the contract tests, which create their own collections in it and delete them again. */
export interface ServerUnderTest {
  /** The options of the official client. */
  readonly connection: { readonly url: string; readonly apiKey?: string; readonly checkCompatibility: false };
  close(): Promise<void>;
}

/**
 * The servers that every contract test in this folder runs against: the embedded one, and the one at QDRANT_URL (with
 * the key in QDRANT_API_KEY) when that is set. The contract is only what both of them promise.
 */
export function serversUnderTest(): readonly { readonly name: string; start(): Promise<ServerUnderTest> }[] {
  const embedded = { name: 'the embedded Qdrant', start: startEmbedded };
  const { QDRANT_URL: url = '', QDRANT_API_KEY: apiKey } = process.env;
  if (url === '') return [embedded];
  const connection = { url, ...(apiKey === undefined ? {} : { apiKey }), checkCompatibility: false } as const;
  const start = () => Promise.resolve({ connection, close: () => Promise.resolve() });
  return [embedded, { name: 'the Qdrant at QDRANT_URL', start }];
}

async function startEmbedded(): Promise<ServerUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'embedded-qdrant-'));
  const { url, close } = await startEmbeddedQdrant({ directory });
  return {
    connection: { url, checkCompatibility: false },
    close: async () => {
      await close();
      await rm(directory, { recursive: true });
    },
  };
}
