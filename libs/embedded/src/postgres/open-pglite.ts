import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

import { PGlite } from '@electric-sql/pglite';
import { acquireFileLock, FileLockTimeoutError } from '@lockstep/file-lock';
import type { FileLockHolder } from '@lockstep/file-lock';
import { IndexingError, isIndexingError } from '@lockstep/model';

import { withDirectoryMadeWhole } from './pglite-directory.ts';
import { executePgliteStatement } from './pglite-statement.ts';
import type { PgResult, PostgresBackend } from './postgres-backend.ts';
import { PostgresUnavailableError } from './postgres-error.ts';
import { runQueries } from './run-queries.ts';
import type { ExecuteQuery } from './run-queries.ts';

export interface OpenPgliteOptions {
  /** The data directory, made when missing. Its lock is `<directory>.lock`. */
  readonly directory: string;
  /** How long to wait for another process, or another part of this one, to close the directory; milliseconds. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What the directory is opened for, shown to others that wait for it. */
  readonly purpose?: string;
  /** Called once when there is something to wait for, with the last known holder. */
  readonly onWait?: (holder: FileLockHolder | undefined) => void;
}

/** Postgres keeps up to 1 GB of write-ahead log by default; a local index needs no such stretch between checkpoints. */
const MAX_WAL_SIZE = '128MB';

/** Changed rows from which closing cleans up: there is no background cleaner (autovacuum) in a single process. */
const VACUUM_FROM_ROWS_CHANGED = 1_000;

/**
 * Opens the real Postgres that runs inside this process (PGlite), with its data on disk in `directory`.
 *
 * One opener at a time: two of them on one directory lose acknowledged rows without any error, so it waits for the
 * directory's lock. There is one session; requests queue and never interleave. Statements and the opening itself
 * (0.4 to 1 s, the first time 3 to 5 s) block the event loop. Acknowledged rows survive `kill -9`, not a power cut:
 * the engine never asks the disk to sync.
 *
 * @throws {FileLockTimeoutError} when the directory stayed in use for `waitMs`.
 * @throws {IndexingError} `disk-failed`, which names the directory, when it cannot be opened; its lock is free again.
 */
export async function openPglite(options: OpenPgliteOptions): Promise<PostgresBackend> {
  const directory = resolve(options.directory);
  const { waitMs, signal, purpose = 'embedded Postgres', onWait } = options;
  const lock = await acquireFileLock({
    path: `${directory}.lock`,
    waitMs,
    purpose,
    signal,
    ...(onWait === undefined ? {} : { onWait }),
  }).catch((error: unknown) => {
    if (error instanceof FileLockTimeoutError || signal?.aborted === true) throw error;
    throw new IndexingError({
      code: 'disk-failed',
      message: `Cannot open the embedded Postgres in ${directory}. ${reasonOf(error)}`,
    });
  });
  try {
    const db = await withDirectoryMadeWhole(directory, () => startEngine(directory));
    const backend = createPgliteBackend(db, () => lock.release());
    if (signal?.aborted === true) {
      await backend.close();
      signal.throwIfAborted();
    }
    return backend;
  } catch (error) {
    lock.release();
    throw isIndexingError(error) || signal?.aborted === true ? error : cannotOpen(directory, reasonOf(error));
  }
}

async function startEngine(directory: string): Promise<PGlite> {
  const serverLog: string[] = [];
  try {
    mkdirSync(directory, { recursive: true });
    return await PGlite.create({
      dataDir: `file://${directory}`,
      startParams: [...PGlite.defaultStartParams, '-c', `max_wal_size=${MAX_WAL_SIZE}`],
      onStderr: (line) => {
        serverLog.push(line);
        if (serverLog.length > 5) serverLog.shift();
        return false;
      },
    });
  } catch (error) {
    throw cannotOpen(directory, [reasonOf(error), ...serverLog].join('; '));
  }
}

function cannotOpen(directory: string, reason: string): IndexingError {
  return new IndexingError({
    code: 'disk-failed',
    message:
      `Cannot open the embedded Postgres in ${directory} (${reason}). ` +
      'Check that the directory can be written and was made by this version; to start over, move it away.',
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function createPgliteBackend(db: PGlite, releaseLock: () => void): PostgresBackend {
  let breakdown: PostgresUnavailableError | undefined;
  let closing: Promise<void> | undefined;
  let rowsChanged = 0;

  const execute: ExecuteQuery = async (query) => {
    if (breakdown !== undefined) throw breakdown;
    try {
      return await executePgliteStatement(db, query);
    } catch (error) {
      if (error instanceof PostgresUnavailableError) breakdown = error;
      throw error;
    }
  };
  const executeText = (text: string): Promise<PgResult> => execute({ text, values: [] });

  const resetSession = async (): Promise<void> => {
    if (breakdown !== undefined) return;
    if (db.isInTransaction()) await executeText('ROLLBACK');
    await executeText('DISCARD ALL');
  };

  const shutDown = async (): Promise<void> => {
    try {
      await db.runExclusive(async () => {
        if (breakdown === undefined && rowsChanged >= VACUUM_FROM_ROWS_CHANGED) await executeText('VACUUM (ANALYZE)');
      });
      // A broken engine may never return from another call. Its log on disk is replayed by the next opener.
      if (breakdown === undefined) await db.close();
    } finally {
      releaseLock();
    }
  };

  const run: PostgresBackend['run'] = async (queries, options = {}) => {
    options.signal?.throwIfAborted();
    if (closing !== undefined) throw new PostgresUnavailableError('the embedded Postgres is closed');
    return db.runExclusive(async () => {
      // Queued requests follow each other without a pause otherwise, and timers and sockets would starve.
      await yieldToEventLoop();
      try {
        const results = await runQueries(execute, queries, options);
        for (const { command, rowCount } of results) if (command !== 'SELECT') rowsChanged += rowCount ?? 0;
        return results;
      } finally {
        await resetSession();
      }
    });
  };

  return {
    run,
    async describe() {
      const [result] = await run([{ text: 'SHOW server_version', values: [] }]);
      return `PostgreSQL ${result?.rows[0]?.[0] ?? 'of unknown version'} (PGlite)`;
    },
    close: () => (closing ??= shutDown()),
  };
}
