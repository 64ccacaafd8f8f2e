/**
 * A vitest `globalSetup` that lets all test files share one PostgreSQL server, started when the first of them asks, so
 * that a run without such tests pays nothing. Test files run in processes of their own; they ask over a local socket in
 * a folder that only this user can read (on Windows: a pipe with a random name). See `createDatabase`. The same folder
 * has room for what is made once in a run; see `copyOfOnceMade`.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

/** What a test file hears when it asks: one line of JSON. */
export type PostgresAnswer = { readonly connectionString: string } | { readonly error: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** Where to ask for the shared server. */
    lockstepPostgres: string;
    /** A folder for what is made once in a run. */
    lockstepOnceMade: string;
  }
}

/** Listens for test files that ask; returns what ends the server, if it was started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-ask-'));
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\lockstep-${randomUUID()}` : join(folder, 'postgres');
  let server: Promise<PostgresServer> | undefined;
  const listener = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    server ??= startPostgresServer();
    void answer(socket, server);
  });
  listener.listen(path);
  await once(listener, 'listening');
  project.provide('lockstepPostgres', path);
  project.provide('lockstepOnceMade', join(folder, 'once-made'));
  return async () => {
    listener.close();
    await server?.then(({ stop }) => stop()).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
}

async function answer(socket: Socket, server: Promise<PostgresServer>): Promise<void> {
  const text: PostgresAnswer = await server.then(
    ({ connectionString }) => ({ connectionString }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  socket.end(`${JSON.stringify(text)}\n`);
}
