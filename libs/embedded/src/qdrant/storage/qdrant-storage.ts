import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { endianness } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { IndexingError } from '@lockstep/model';
import { QdrantRefusal } from '../requests/qdrant-refusal.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** SQL inside one transaction. Rows are plain objects whose type the caller gives. */
export interface Transaction {
  /** The first row, undefined if there is none. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  /** Rows one by one. The same SQL must not run again before the loop ends. */
  each<Row>(sql: string, ...values: SQLInputValue[]): Iterable<Row>;
  /** Runs a statement and returns the number of changed rows. */
  run(sql: string, ...values: SQLInputValue[]): number;
}

/** The storage of an embedded Qdrant. */
export interface QdrantStorage {
  /** Runs reads that all see the same state. */
  read<Result>(work: (tx: Transaction) => Result): Promise<Result>;
  /** Runs reads and writes as one transaction, on disk when this resolves. Nothing is written when `work` throws. */
  write<Result>(work: (tx: Transaction) => Result): Promise<Result>;
  /** Closes the file. Later reads and writes are refused with 503. */
  close(): void;
}

/** How long SQLite waits for a lock, in ms. It blocks the event loop meanwhile, so longer waits are done here. */
const SQLITE_WAIT_MS = 5;
/** How long a request waits for other processes before it is refused with 503, in ms. */
const LOCK_WAIT_MS = 60_000;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_FULL = 13;

/**
 * Opens `<directory>/storage.sqlite`, which is created if it is missing.
 *
 * Several processes may have the same file open. Every write is a `BEGIN IMMEDIATE` transaction, and with WAL readers
 * need not wait for it. With `synchronous = FULL` an acknowledged write was synced, so it survives a crash of the
 * machine and not only of the process. WAL needs a local disk.
 *
 * @throws {IndexingError} `disk-failed`, which names the directory, when it cannot be written to, or when the file
 *   cannot be opened or was written by a newer version
 */
export async function openQdrantStorage({ directory }: { readonly directory: string }): Promise<QdrantStorage> {
  if (endianness() !== 'LE')
    throw new Error('The embedded Qdrant stores little-endian vectors and runs on little-endian machines only');
  try {
    makeWritable(directory);
    return await openFile(join(directory, 'storage.sqlite'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new IndexingError({
      code: 'disk-failed',
      message: `Cannot open the embedded Qdrant in ${directory} (${reason}).`,
    });
  }
}

/** Creates a folder, readable by its owner only, if it is missing. Its errors have the reason of the system, which those of SQLite do not have. */
function makeWritable(directory: string): void {
  let nearest = directory;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  accessSync(nearest, constants.W_OK);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

async function openFile(path: string): Promise<QdrantStorage> {
  const database = new DatabaseSync(path, { timeout: SQLITE_WAIT_MS });
  try {
    // SQLite does not wait for this: the switch to WAL fails at once while another process opens the same new file.
    await whenUnlocked(() => {
      const row = database.prepare('PRAGMA journal_mode = WAL').get();
      if (row?.['journal_mode'] !== 'wal') throw new Error(`${path} cannot use WAL: is it on a local disk?`);
    });
    // 32 MiB of pages have room for the inner pages of 200,000 points; with the default of 2 MiB, loading and scrolling
    // 100,000 points took a third longer. A checkpoint syncs twice, so it runs every 4,000 pages (16 MiB), about ten
    // batches.
    database.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -32768');
    database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864');
    await whenUnlocked(() => prepareSchema(database, path));
  } catch (error) {
    database.close();
    throw error;
  }
  return storageOver(database);
}

function prepareSchema(database: DatabaseSync, path: string): void {
  const version = (): unknown => database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (version() === SCHEMA_VERSION) return;
  inTransaction(database, 'BEGIN IMMEDIATE', () => {
    const found = version();
    if (found === 0) database.exec(SCHEMA);
    else if (found !== SCHEMA_VERSION) {
      throw new Error(`${path} has format ${String(found)}, this version reads format ${SCHEMA_VERSION}`);
    }
  });
}

function storageOver(database: DatabaseSync): QdrantStorage {
  const statements = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    let prepared = statements.get(sql);
    if (prepared === undefined) statements.set(sql, (prepared = database.prepare(sql)));
    return prepared;
  };
  const transaction: Transaction = {
    get: <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).all(...values) as Row[],
    each: <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).iterate(...values) as Iterable<Row>,
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
  };
  const perform = <Result>(begin: string, work: (tx: Transaction) => Result): Promise<Result> =>
    whenUnlocked(() => {
      if (!database.isOpen) throw new QdrantRefusal(503, 'Service unavailable: the embedded Qdrant is closed');
      return inTransaction(database, begin, () => work(transaction));
    });
  return {
    read: (work) => perform('BEGIN', work),
    write: (work) => perform('BEGIN IMMEDIATE', work),
    close: () => {
      statements.clear();
      if (database.isOpen) database.close();
    },
  };
}

function inTransaction<Result>(database: DatabaseSync, begin: string, work: () => Result): Result {
  database.exec(begin);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw errorCode(error) === SQLITE_FULL
      ? new QdrantRefusal(507, 'Insufficient storage: the disk of the embedded Qdrant is full')
      : error;
  }
}

/** Repeats `attempt` while another process holds the lock, without blocking the event loop in between. */
async function whenUnlocked<Result>(attempt: () => Result): Promise<Result> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      const code = errorCode(error);
      if (code !== SQLITE_BUSY && code !== SQLITE_LOCKED) throw error;
      if (performance.now() > deadline) {
        throw new QdrantRefusal(503, `Service unavailable: other processes held the storage for ${LOCK_WAIT_MS} ms`);
      }
      await delay(1 + Math.random() * 10);
    }
  }
}

/** SQLite's primary result code, undefined for errors of another kind. */
function errorCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}
