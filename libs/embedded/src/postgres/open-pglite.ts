import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

import { PGlite } from '@electric-sql/pglite';
import { acquireFileLock, FileLockTimeoutError } from '@lockstep/file-lock';
import type { FileLockHolder } from '@lockstep/file-lock';
import {
  IndexingError,
  isIndexingError,
  postgresUnavailable,
  runStatements,
  type RunStatementsOptions,
  type Statement,
} from '@lockstep/model';

import { engineReason, isDiskFailure } from '../engine-error.ts';
import { withUnfinishedMarker } from './unfinished-marker.ts';
import { executePgliteStatement, type PgliteResult } from './execute-pglite-statement.ts';

export interface OpenPgliteOptions {
  /** The data directory, created if it is missing. Its lock is `<directory>.lock`. */
  readonly directory: string;
  /** How long to wait until another process, or another part of this one, closes the directory, in milliseconds. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * What the directory is opened for, shown to processes that wait for it.
   *
   * @default 'embedded Postgres'
   */
  readonly purpose?: string;
  /** Called once if the directory is in use, with its last known holder. */
  readonly onWait?: (holder: FileLockHolder | undefined) => void;
}

/** An open database. */
export interface PgliteDatabase {
  /**
   * Runs statements while no others run. *Errors*: PGlite's `DatabaseError` for an error of Postgres;
   * `engine-failed` or `disk-failed` when the engine failed, `service-unavailable` when it is closed.
   */
  run(statements: readonly Statement[], options: RunStatementsOptions): Promise<PgliteResult[]>;
  /** Waits for running statements, then closes the engine and releases the lock. Repeating it does nothing. */
  close(): Promise<void>;
}

/** The default of 1 GB of write-ahead log between checkpoints is more than a local index needs. */
const MAX_WAL_SIZE = '128MB';

/** Changed rows from which `close` runs VACUUM: a single process has no autovacuum. */
const VACUUM_FROM_ROWS_CHANGED = 1_000;

/**
 * Opens a real Postgres inside this process (PGlite), with its data on disk in `directory`.
 *
 * It waits for the lock of the directory, since two engines on one directory lose acknowledged rows without any error.
 * There is one session; requests queue and never interleave. Statements and the opening itself (0.4 to 1 s, the first
 * time 3 to 5 s) block the event loop. Acknowledged rows survive `kill -9` but not a power cut: the engine never syncs
 * the disk.
 *
 * @throws {FileLockTimeoutError} when the directory is still in use after `waitMs`.
 * @throws {IndexingError} `disk-failed`, which names the directory, when it cannot be opened; its lock is free again.
 */
export async function openPglite(options: OpenPgliteOptions): Promise<PgliteDatabase> {
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
      message: `Cannot open the embedded Postgres in ${directory}. ${engineReason(error)}`,
    });
  });
  try {
    const db = await withUnfinishedMarker(directory, () => startEngine(directory));
    const database = createDatabase(db, () => lock.release());
    if (signal?.aborted === true) {
      await database.close();
      signal.throwIfAborted();
    }
    return database;
  } catch (error) {
    lock.release();
    throw isIndexingError(error) || signal?.aborted === true ? error : cannotOpen(directory, error);
  }
}

async function startEngine(directory: string): Promise<PGlite> {
  const serverLog: string[] = [];
  try {
    // The engine makes its files readable by others, where the process that it is in says nothing else.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
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
    throw cannotOpen(directory, error, serverLog);
  }
}

function cannotOpen(directory: string, error: unknown, log: readonly string[] = []): IndexingError {
  const start = `Cannot open the embedded Postgres in ${directory}`;
  // Where the disk failed, the last lines of the server are about something else.
  if (isDiskFailure(error))
    return new IndexingError({ code: 'disk-failed', message: `${start}: ${engineReason(error)}.` });
  return new IndexingError({
    code: 'disk-failed',
    message:
      `${start} (${[engineReason(error), ...log].join('; ')}). ` +
      'Check that the directory can be written and was made by this version; to start over, move it away.',
  });
}

/** Failures after which the engine must not be used again. */
const ENGINE_CODES: ReadonlySet<string> = new Set(['service-unavailable', 'engine-failed', 'disk-failed']);

function createDatabase(db: PGlite, releaseLock: () => void): PgliteDatabase {
  let engineFailure: IndexingError | undefined;
  let closing: Promise<void> | undefined;
  let rowsChanged = 0;

  async function execute(statement: Statement): Promise<PgliteResult> {
    if (engineFailure !== undefined) throw engineFailure;
    try {
      const result = await executePgliteStatement(db, statement);
      rowsChanged += result.rowsChanged;
      return result;
    } catch (error) {
      if (isIndexingError(error) && ENGINE_CODES.has(error.code)) engineFailure = error;
      throw error;
    }
  }

  async function shutDown(): Promise<void> {
    try {
      await db.runExclusive(async () => {
        if (engineFailure === undefined && rowsChanged >= VACUUM_FROM_ROWS_CHANGED) await execute(['vacuum (analyze)']);
      });
      // A call of a failed engine may never return. The next open replays its log on disk.
      if (engineFailure === undefined) await db.close();
    } finally {
      releaseLock();
    }
  }

  return {
    async run(statements, options) {
      if (closing !== undefined) throw postgresUnavailable('The embedded Postgres is closed.');
      return db.runExclusive(async () => {
        // Without this, queued requests run without a pause, and timers and sockets have to wait.
        await yieldToEventLoop();
        return runStatements(execute, statements, options);
      });
    },
    close: () => (closing ??= shutDown()),
  };
}
