/**
 * A vitest `globalSetup` with one PostgreSQL server for all test files, started when the first of them needs it, so
 * that other runs are not slower. Test files run in their own processes and ask for it over a local socket in a folder
 * that only this user can read (on Windows: a pipe with a random name). See `createDatabase`. The same folder holds
 * folders that are created once in a run; see `copyOfOnceMade`.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

/** The answer to a test file: one line of JSON. */
export type PostgresAnswer = { readonly connectionString: string } | { readonly error: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the socket on which to ask for the server. */
    lockstepPostgres: string;
    /** Folder for folders that are created once in a run. */
    lockstepOnceMade: string;
  }
}

/** Listens for test files; returns a function that stops the server if it was started. */
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
