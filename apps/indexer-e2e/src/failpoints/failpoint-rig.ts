import { fork } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { createOpenAiEmbedder } from '@lockstep/embed-openai';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { DISK } from '@lockstep/embedding-cache';
import type { EmbedderIdentity, Stage, Stamp, StoreName } from '@lockstep/model';
import { createGuard, GUARD_DEFAULTS } from '@lockstep/resilience';
import { createPgClient } from '@lockstep/sql-pg';
import { createNeonLedger, createNeonRowStore } from '@lockstep/store-neon';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import { corpusFolder } from '@lockstep/indexer/runtime/state-directory';
import { tellTruth, type Told } from '../support/tell-truth.ts';
import { cleanEnvironment } from '../support/clean-environment.ts';
import { answerCalls } from './failpoint-calls.ts';
import type { FailpointEnd, FailpointRun } from './failpoint-run.ts';
import {
  CORPUS,
  DIMENSIONS,
  MODEL,
  NEW_RECORDS,
  OLD_RECORDS,
  OTHER_CORPUS,
  OTHER_RECORDS,
} from './failpoint-scenario.ts';
import { runPart, type Part } from './failpoint-corpus.ts';
import type { Failpoint } from './failpoint-steps.ts';
import {
  askQdrant,
  pointsAt,
  rowsOf,
  type PointInStore,
  type RowInStore,
  type Query,
} from '../support/stored-chunks.ts';

export interface FailpointRigOptions {
  /** A folder that no other rig uses. */
  readonly folder: string;
  /** A database that no other rig uses, and a connection to it. */
  readonly connectionString: string;
  readonly query: Query;
  /** An embedding service that no other rig uses, with the number of texts that it was paid for. */
  readonly openAi: { readonly baseUrl: string; readonly seen: { readonly inputs: number } };
  /** Folder for the compile cache of the children. */
  readonly compileCache: string;
}

/** How a child ended. */
export interface ChildEnd {
  /** Signal or exit code. */
  readonly exit: string | number | null;
  readonly end: FailpointEnd | undefined;
  readonly stderr: string;
}

/** The state of both corpora in the stores, the ledger and the state directory. */
export interface Seen {
  readonly points: readonly PointInStore[];
  readonly rows: readonly RowInStore[];
  readonly stamps: Readonly<Record<StoreName, Stamp | undefined>>;
  /** Contents by path in the state directory; empty for folders. */
  readonly files: ReadonlyMap<string, string>;
  /** All that Postgres holds of the other corpus. */
  readonly other: string;
  /** What `summary` and `status` say of all this. */
  readonly told: Told;
}

/** The embedder of the keys in the stores. */
export const IDENTITY: EmbedderIdentity = { model: MODEL, host: null, dimensions: DIMENSIONS };

/** Real stores and a state directory in which a corpus can be run, killed and restored. */
export interface FailpointRig {
  /** Copies everything, as the state before a stage. */
  save(stage: Stage): Promise<void>;
  /** Restores the state before a stage. */
  restore(stage: Stage): Promise<void>;
  /** Runs parts in a child that is killed at a failpoint. Resolves when its calls of services are done. */
  runChild(parts: readonly Part[], failpoint?: Failpoint): Promise<ChildEnd>;
  /** Runs a part in this process; returns false if `verify` finds a difference. */
  run(part: Part): Promise<boolean>;
  look(): Promise<Seen>;
  /** Texts that were paid for since `restore`. */
  paid(): number;
  close(): Promise<void>;
}

const PROGRAM = resolve(import.meta.dirname, 'failpoint-run.ts');
const COLLECTION = 'book_vectors';
const TABLE = 'rag_metadata';
const TABLES = [TABLE, 'lockstep_fence', 'lockstep_stamp', 'lockstep_run'];

/** A child that takes longer is taken as hung. */
const CHILD_TIMEOUT_MS = 30_000;

/** A process id that no system uses. */
const UNUSED_PID = 4_194_304;

/** Opens the services, and loads the other corpus and the old version of the corpus. */
export async function openFailpointRig(options: FailpointRigOptions): Promise<FailpointRig> {
  const { folder, query, openAi } = options;
  const stateDirectory = join(folder, 'state');
  const saved = join(folder, 'saved');
  const inputPath = join(folder, 'chunks.json');
  mkdirSync(stateDirectory);

  const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
  const { timeoutMs } = GUARD_DEFAULTS;
  const { connectionString } = options;
  const sql = createPgClient({ connectionString, guard: createGuard({ dependency: 'neon' }) });
  const ports = {
    embedder: createOpenAiEmbedder({
      apiKey: 'sk-test',
      baseUrl: openAi.baseUrl,
      hostIdentity: null,
      model: MODEL,
      dimensions: DIMENSIONS,
      guard: createGuard({ dependency: 'openai' }),
      timeoutMs,
    }),
    vectors: createQdrantVectorStore({
      url: new URL(qdrant.url),
      collection: COLLECTION,
      shownHost: 'rig',
      guard: createGuard({ dependency: 'qdrant' }),
      timeoutMs,
    }),
    rows: createNeonRowStore({ sql, table: TABLE, shownDatabase: 'rig' }),
    ledger: createNeonLedger(sql),
  };

  const run = (corpus: string, part: Part): Promise<boolean> =>
    runPart({ corpus, inputPath, stateDirectory }, part, { ...ports, files: DISK });

  /** As `openPlace` in failpoint-corpus.ts has it. */
  function writeCorpusFile(name: string): void {
    mkdirSync(join(folder, name));
    const config = { name, input: '../chunks.json', model: MODEL, dimensions: DIMENSIONS, payload: ['chapter_title'] };
    writeFileSync(join(folder, name, 'corpus.json'), JSON.stringify(config));
  }

  async function load(corpus: string, records: readonly object[]): Promise<void> {
    writeFileSync(inputPath, JSON.stringify(records));
    if (!(await run(corpus, 'run'))) throw new Error(`${corpus} could not be loaded to begin with`);
  }

  for (const corpus of [OTHER_CORPUS, CORPUS]) writeCorpusFile(corpus);
  await load(OTHER_CORPUS, OTHER_RECORDS);
  const cache = join(stateDirectory, 'cache', `${MODEL}.jsonl`);
  const othersLines = readFileSync(cache);
  await load(CORPUS, OLD_RECORDS);
  // As on another machine: vectors that were paid for are only in the slice. And as after an earlier kill: the cache
  // ends with half a line, and a temporary file is left.
  writeFileSync(cache, othersLines);
  appendFileSync(cache, othersLines.subarray(0, 50));
  writeFileSync(join(corpusFolder(stateDirectory, CORPUS), 'tmp', `${UNUSED_PID}-1-1`), 'left');
  writeFileSync(inputPath, JSON.stringify(NEW_RECORDS));

  const points = `${qdrant.url}/collections/${COLLECTION}/points`;
  /** The points as they were before each stage. */
  const savedPoints = new Map<Stage, readonly { readonly id: string }[]>();
  let paidBefore = 0;

  return {
    async save(stage) {
      cpSync(stateDirectory, join(saved, stage), { recursive: true });
      const copies = TABLES.map((table) => `create table "${stage}".${table} as table ${table}`);
      await query([`create schema "${stage}"`, ...copies].join('; '));
      const everything = { limit: 1000, with_payload: true, with_vector: true };
      const { points: all } = (await askQdrant(`${points}/scroll`, everything)) as { points: { id: string }[] };
      savedPoints.set(stage, all);
    },
    async restore(stage) {
      rmSync(stateDirectory, { recursive: true });
      cpSync(join(saved, stage), stateDirectory, { recursive: true });
      const copies = TABLES.map((table) => `insert into ${table} table "${stage}".${table}`);
      await query([`truncate ${TABLES.join(', ')}`, ...copies].join('; '));
      const wanted = savedPoints.get(stage) ?? [];
      const ids = new Set(wanted.map(({ id }) => id));
      const added = (await pointsAt(qdrant.url, COLLECTION)).filter(({ pointId }) => !ids.has(pointId));
      await askQdrant(`${points}/delete?wait=true`, { points: added.map(({ pointId }) => pointId) });
      await askQdrant(`${points}?wait=true`, { points: wanted }, 'PUT');
      paidBefore = openAi.seen.inputs;
    },
    async runChild(parts, failpoint) {
      const childRun: FailpointRun = {
        corpus: CORPUS,
        inputPath,
        stateDirectory,
        parts,
        identity: IDENTITY,
        targets: { vectors: ports.vectors.target, rows: ports.rows.target },
        ...(failpoint === undefined ? {} : { failpoint }),
      };
      const child = fork(PROGRAM, [JSON.stringify(childRun)], {
        serialization: 'advanced',
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        env: { ...cleanEnvironment(), NODE_COMPILE_CACHE: options.compileCache },
        timeout: CHILD_TIMEOUT_MS,
      });
      let end: FailpointEnd | undefined;
      const exited = new Promise<string | number | null>((done, fail) => {
        child.on('exit', (code, signal) => done(signal ?? code));
        child.on('error', fail);
      });
      const stderr = child.stderr === null ? Promise.resolve('') : text(child.stderr);
      await answerCalls(child, ports, (message) => (end = message as FailpointEnd));
      return { exit: await exited, end, stderr: await stderr };
    },
    run: (part) => run(CORPUS, part),
    async look() {
      const [row] = await query(
        `select string_agg(line, e'\\n' order by line) as lines from (${TABLES.map(
          (table) => `select to_jsonb(one)::text as line from ${table} one where corpus = '${OTHER_CORPUS}'`,
        ).join(' union all ')}) all_lines`,
      );
      return {
        points: await pointsAt(qdrant.url, COLLECTION),
        rows: await rowsOf(query, TABLE),
        stamps: {
          qdrant: await ports.ledger.stamp(CORPUS, 'qdrant'),
          neon: await ports.ledger.stamp(CORPUS, 'neon'),
        },
        files: filesIn(stateDirectory),
        other: String(row?.['lines']),
        told: await tellTruth({
          root: folder,
          stateDirectory,
          services: {
            ledger: async () => ports.ledger,
            vectors: async () => ports.vectors,
            rows: async () => ports.rows,
            targets: () => ({ qdrant: ports.vectors.target, neon: ports.rows.target }),
            tables: async () => [TABLE],
          },
        }),
      };
    },
    paid: () => openAi.seen.inputs - paidBefore,
    async close() {
      await sql.close();
      await qdrant.close();
    },
  };
}

/** Contents of all files in a folder, by their paths relative to it; empty for folders. */
function filesIn(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), entry.isFile() ? readFileSync(path, 'latin1') : ''];
    }),
  );
}
