import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { stubVector } from '@lockstep/testing-ports';
import {
  createDatabase,
  openPostgresSession,
  type PostgresSession,
  type TestDatabase,
} from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCorpusWorkspace, type CorpusRun, type CorpusWorkspace } from './corpus-workspace.ts';
import { databaseMoves, withDatabase, type DatabaseMoves } from './database-moves.ts';
import { askQdrant, pointsAt, type PointInStore } from '../support/stored-chunks.ts';
import { storeProblems } from '../support/store-problems.ts';
import { startNxCacheServer, type NxCacheServer } from './nx-cache-server.ts';
import { openStableAddress, type StableAddress } from './stable-address.ts';

type Variables = Readonly<Record<string, string>>;
type Load = 'load-neon' | 'load-qdrant';

const COLLECTION = 'book_vectors';
const TABLE = 'rag_metadata';
/** The stages that Nx replays if nothing has changed. */
const ALL_REPLAYED = ['embed', 'load-neon', 'load-qdrant', 'validate'];
const CLOUD = { model: 'text-embedding-3-small', dimensions: 1536 };

/** A corpus of the tests: its name and its records. */
interface Corpus {
  readonly name: string;
  readonly records: readonly object[];
}

const NOTES = corpusOf('notes', 40);
/** The same corpus on another branch, with another text in one record. */
const EDITED = { ...NOTES, records: NOTES.records.with(3, { ...NOTES.records[3], text: 'Another text altogether.' }) };

/**
 * Real Nx runs, one after the other, on stores that are changed without Nx. After each change there are as many failed
 * loads as the test says, none or one; then the stores, read directly, hold the corpus. The next run that finds a store
 * unchanged replays its load.
 *
 * A load may fail only if both the stamp and the count of a store claim that it holds what it does not.
 */
describe('the cache of Nx and the stores', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-honest-'));
  const servers: EmbeddedQdrant[] = [];
  const databases: string[] = [];
  const workspaces: CorpusWorkspace[] = [];
  let workspace: CorpusWorkspace;
  let openai: StubOpenAi;
  let remote: NxCacheServer;
  /** Its own database is never moved: the session that moves the others is connected to it. */
  let server: TestDatabase;
  let session: PostgresSession;
  let moves: DatabaseMoves;
  /** Address of the Qdrant in use. */
  let address: StableAddress;
  let qdrant: EmbeddedQdrant;
  /** The database in use. */
  let database: string;

  beforeAll(async () => {
    workspace = await openWorkspace(NOTES);
    openai = await startStubOpenAi(CLOUD);
    remote = await startNxCacheServer();
    server = await createDatabase();
    session = await openPostgresSession(server.connectionString);
    moves = databaseMoves(session.query);
    address = await openStableAddress();
    await useEmptyQdrant();
    database = nameDatabase('in_use');
    await moves.create(database);
  });
  afterAll(async () => {
    for (const each of workspaces) each.dispose();
    await address.close();
    await Promise.all([openai.close(), remote.close(), ...servers.map((each) => each.close())]);
    for (const name of databases) await moves.drop(name);
    await session.end();
    await server.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function openWorkspace({ name, records }: Corpus): Promise<CorpusWorkspace> {
    const opened = await createCorpusWorkspace();
    workspaces.push(opened);
    opened.writeCorpus(name, records);
    return opened;
  }

  /** Starts a Qdrant without data at the address. */
  async function useEmptyQdrant(): Promise<void> {
    qdrant = await startEmbeddedQdrant({ directory: join(folder, `qdrant-${servers.length}`) });
    servers.push(qdrant);
    address.pointAt(Number(new URL(qdrant.url).port));
  }

  /** Name of a database that is created later, and dropped at the end. */
  function nameDatabase(suffix: string): string {
    databases.push(`${server.name}_${suffix}`);
    return `${server.name}_${suffix}`;
  }

  const connectionTo = (name: string) => withDatabase(server.connectionString, name);
  const openAiVariables = (): Variables => ({ OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: openai.baseUrl });
  const variables = (): Variables => ({
    ...openAiVariables(),
    QDRANT_HOST: `http://${address.host}`,
    NEON_POSTGRES_CONNECTION_STRING: connectionTo(database),
  });
  const load = () => workspace.nx(NOTES.name, 'load', variables());

  async function inDatabase<Result>(work: (query: PostgresSession['query']) => Promise<Result>): Promise<Result> {
    const own = await openPostgresSession(connectionTo(database));
    return work(own.query).finally(() => own.end());
  }

  /** Reads the servers directly: points, vectors and rows are exactly those of the corpus. */
  async function expectHeld({ name, records }: Corpus): Promise<void> {
    const problems = await inDatabase((query) =>
      storeProblems({
        corpus: name,
        collection: COLLECTION,
        table: TABLE,
        records,
        identity: { ...CLOUD, host: new URL(openai.baseUrl).host },
        qdrantUrl: qdrant.url,
        query,
        vectorOf: (text) => stubVector(text, CLOUD.dimensions),
      }),
    );
    expect(problems).toEqual([]);
  }

  /** Loads until verify succeeds, and expects the given number of failed loads. */
  async function expectLoaded(expected: {
    readonly corpus?: Corpus;
    readonly failed: 0 | 1;
    readonly loads: readonly Load[];
  }): Promise<CorpusRun> {
    const { corpus = NOTES, failed, loads } = expected;
    const first = await load();
    if (failed === 1) expectFailedVerify(first);
    const last = failed === 1 ? await load() : first;
    expect(last.exit, last.output).toBe(0);
    expect(last.ran.filter((target) => target.startsWith('load-'))).toEqual(loads);
    await expectHeld(corpus);
    return first;
  }

  async function deleteTenPoints(): Promise<PointInStore[]> {
    const gone = (await pointsAt(qdrant.url, COLLECTION)).slice(10, 20);
    const ids = gone.map(({ pointId }) => pointId);
    await askQdrant(`${qdrant.url}/collections/${COLLECTION}/points/delete?wait=true`, { points: ids });
    return gone;
  }

  it('the first load replays nothing', async () => {
    const first = await workspace.nx(NOTES.name, 'load', { ...variables(), ...remote.environment });
    expect(first.exit, first.output).toBe(0);
    expect(first.replayed).toEqual([]);
    expect(openai.seen.inputs).toBe(NOTES.records.length);
    await expectHeld(NOTES);
  });

  it('no load fails after the collection is deleted', async () => {
    await askQdrant(`${qdrant.url}/collections/${COLLECTION}`, undefined, 'DELETE');
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
  });

  it('no load fails after the table is truncated', async () => {
    await inDatabase((query) => query(`truncate ${TABLE}`));
    await expectLoaded({ failed: 0, loads: ['load-neon'] });
  });

  it('no load fails after ten points are deleted, and none after the same ten are deleted again', async () => {
    const gone = await deleteTenPoints();
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
    expect(await deleteTenPoints()).toEqual(gone);
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
  });

  it('one load fails after ten points are replaced by ten with other ids', async () => {
    const gone = await deleteTenPoints();
    const strangers = gone.map(({ vector, model, chunkId }, at) => ({
      id: `00000000-0000-4000-8000-0000000000${at + 10}`,
      vector,
      payload: { corpus: NOTES.name, chunk_id: chunkId, model },
    }));
    await askQdrant(`${qdrant.url}/collections/${COLLECTION}/points?wait=true`, { points: strangers }, 'PUT');
    const first = await expectLoaded({ failed: 1, loads: ['load-qdrant'] });
    // The load that the test before has made, among them.
    expect(first.replayed).toEqual(ALL_REPLAYED);
    expect(first.output).toContain('qdrant: orphaned');
    expect(first.output).toContain('qdrant: missing');
  });

  it('no load fails after an empty Qdrant is started at the same address', async () => {
    await qdrant.close();
    await useEmptyQdrant();
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
  });

  it('validate and embed are replayed and the loads are not after a switch to another branch and back', async () => {
    workspace.writeCorpus(EDITED.name, EDITED.records);
    await expectLoaded({ corpus: EDITED, failed: 0, loads: ['load-neon', 'load-qdrant'] });
    await moves.copy(database, nameDatabase('edited'));
    workspace.writeCorpus(NOTES.name, NOTES.records);
    const back = await expectLoaded({ failed: 0, loads: ['load-neon', 'load-qdrant'] });
    expect(back.replayed).toEqual(['embed', 'validate']);
    expect(openai.seen.inputs).toBe(NOTES.records.length + 1);
  });

  /** The whole database as it was on the other branch: as many rows, one of another text, and the stamps of then. */
  async function putEditedDatabaseBack(): Promise<void> {
    await moves.drop(database);
    await moves.copy(`${server.name}_edited`, database);
  }

  it('no load fails after an old copy of the database is restored', async () => {
    await putEditedDatabaseBack();
    await expectLoaded({ failed: 0, loads: ['load-neon', 'load-qdrant'] });
    expectReplay(await load());
  });

  it('one load fails after corpus and database are restored, and the points are not', async () => {
    await putEditedDatabaseBack();
    workspace.writeCorpus(EDITED.name, EDITED.records);
    const first = await expectLoaded({ corpus: EDITED, failed: 1, loads: ['load-qdrant'] });
    // Those of the branch, from before the switch back.
    expect(first.replayed).toEqual(ALL_REPLAYED);
    expect(first.output).toContain('qdrant: stale');
    expectReplay(await load());
  });

  it('no load fails with a clone of the database at another address', async () => {
    const clone = nameDatabase('clone');
    await moves.copy(database, clone);
    const original = database;
    database = clone;
    const run = await load();
    expect(run.exit, run.output).toBe(0);
    // The stamp of the rows speaks of another table; that of the points may still be believed.
    expect(run.ran).toEqual(expect.arrayContaining(['load-neon', 'provision', 'verify']));
    await expectHeld(EDITED);
    expectReplay(await load());
    database = original;
  });

  it('the embeddings of another machine are replayed and its loads are not when empty stores have the same addresses', async () => {
    const paid = openai.seen.inputs;
    await moves.rename(database, nameDatabase('of_first_machine'));
    await moves.create(database);
    await useEmptyQdrant();
    workspace = await openWorkspace(NOTES);
    const run = await workspace.nx(NOTES.name, 'load', { ...variables(), ...remote.environment });
    expect(run.exit, run.output).toBe(0);
    expect(run.fromRemote).toEqual(['embed', 'validate']);
    expect(run.replayed).toEqual(run.fromRemote);
    await expectHeld(NOTES);
    expect(openai.seen.inputs).toBe(paid);
    expectReplay(await load());
  });

  it('what another machine has paid for is not paid again with stores at other addresses', async () => {
    const paid = openai.seen.inputs;
    const third = await openWorkspace(NOTES);
    const run = await third.nx(NOTES.name, 'embed', {
      ...openAiVariables(),
      ...remote.environment,
      QDRANT_HOST: 'https://elsewhere.invalid:6333',
      NEON_POSTGRES_CONNECTION_STRING: 'postgresql://user:password@elsewhere.invalid/notes',
    });
    expect(run.exit, run.output).toBe(0);
    expect(run.fromRemote).toContain('embed');
    expect(openai.seen.inputs).toBe(paid);
  });
});

/** Both loads are replayed, and provision and verify looked at the stores all the same. */
function expectReplay(run: CorpusRun): void {
  expect(run.exit, run.output).toBe(0);
  expect(run.replayed, run.output).toEqual(ALL_REPLAYED);
  expect(run.ran).toEqual(['provision', 'verify']);
}

/** The run did all its work, and its verify found that a store differs. */
function expectFailedVerify(run: CorpusRun): void {
  expect(run.exit, run.output).not.toBe(0);
  expect(run.failed, run.output).toEqual(['verify']);
  expect(run.output).toMatch(/verify: .*NOT IN STEP/);
}

/** Records with all kinds of fields, and texts that no other corpus has. */
function corpusOf(name: string, count: number): Corpus {
  const records = Array.from({ length: count }, (_, at) => ({
    id: `${name}-${at}`,
    text: `Of the ${name}, the one of number ${at} says that ${at} times two is ${at * 2}.`,
    document_id: `${name}-document-${at % 4}`,
    chapter_title: `Chapter ${at % 3}`,
    page_number: at,
    metadata: { at },
  }));
  return { name, records };
}
