import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { createPostgresNeon, startFaultServer, startStubOpenAi } from '@lockstep/testing-faults';
import { openPostgresSession, startPostgresServer } from '@lockstep/testing-postgres';
import type { ServiceAddresses } from './libraries/library-call.ts';

/** Services for Workers, which reach them over loopback. */
export interface StartedServices extends ServiceAddresses, AsyncDisposable {}

/** Numbers in a vector of the stub of OpenAI, where nothing else is said. */
export const STUB_DIMENSIONS = 64;

/**
 * Starts a stub of OpenAI, the embedded Qdrant, and a real Postgres in the way of Neon. Its database is in
 * a time zone of its own: times must be the same texts in every zone.
 */
export async function startServices({ dimensions = STUB_DIMENSIONS } = {}): Promise<StartedServices> {
  const folder = await mkdtemp(join(tmpdir(), 'runtimes-'));
  const openai = await startStubOpenAi({ dimensions });
  const qdrant = await startEmbeddedQdrant({ directory: folder });
  const server = await startPostgresServer();
  const name = `lockstep_test_${randomBytes(8).toString('hex')}`;
  const session = await openPostgresSession(server.connectionString);
  await session.query(`create database ${name} template template0 encoding 'UTF8' locale 'C'`);
  await session.query(`alter database ${name} set timezone = 'Asia/Kathmandu'`);
  const { handler, close } = createPostgresNeon({ connectionString: databaseAt(server.connectionString, name) });
  const neon = await startFaultServer({ handler });
  return {
    openai: openai.baseUrl,
    qdrant: qdrant.url,
    neon: neon.url,
    async [Symbol.asyncDispose]() {
      await Promise.all([openai.close(), qdrant.close(), neon.close()]);
      await close();
      await session.query(`drop database ${name} with (force)`);
      await session.end();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function databaseAt(connectionString: string, name: string): string {
  const url = new URL(connectionString);
  url.pathname = name;
  return url.href;
}
