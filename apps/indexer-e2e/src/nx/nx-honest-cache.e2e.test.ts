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
import { askQdrant, pointsAt, type HeldPoint } from '../support/held-by-stores.ts';
import { heldProblems } from '../support/held-problems.ts';
import { startNxCacheServer, type NxCacheServer } from './nx-cache-server.ts';
import { openStableAddress, type StableAddress } from './stable-address.ts';

type Variables = Readonly<Record<string, string>>;
type Load = 'load-neon' | 'load-qdrant';

const COLLECTION = 'book_vectors';
const TABLE = 'rag_metadata';
/** The stages that Nx replays where nothing has changed. */
const ALL_REPLAYED = ['embed', 'load-neon', 'load-qdrant', 'validate'];
const CLOUD = { model: 'text-embedding-3-small', dimensions: 1536 };

/** A corpus of the tests: its name and its records. */
interface Corpus {
  readonly name: string;
  readonly records: readonly object[];
}

const NOTES = corpusOf('notes', 40);
/** The same corpus on another branch: as many records, one of them of another text. */
const EDITED = { ...NOTES, records: NOTES.records.with(3, { ...NOTES.records[3], text: 'Another text altogether.' }) };

/**
 * Real Nx runs, one after the other, on stores that change behind the cache's back. Each change is followed by the number
 * of failed loads that its test names, none or one, and then the stores hold what the corpus wants, asked from outside.
 * A load that was made is replayed by the next run that finds its store as it was: one more, or the next test's.
 *
 * A failed load is due only where a store's stamp and count both say that it holds what it does not.
 */
describe('what Nx’s cache says of the stores', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-honest-'));
  const servers: EmbeddedQdrant[] = [];
  const databases: string[] = [];
  const workspaces: CorpusWorkspace[] = [];
  let workspace: CorpusWorkspace;
  let openai: StubOpenAi;
  let remote: NxCacheServer;
  /** Its database is left alone: the session that moves the others about is connected to it. */
  let server: TestDatabase;
  let session: PostgresSession;
  let moves: DatabaseMoves;
  /** Where runs find the Qdrant that is in use. */
  let address: StableAddress;
  let qdrant: EmbeddedQdrant;
  /** The database that is in use. */
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

  /** Puts a Qdrant with an empty folder behind the address. */
  async function useEmptyQdrant(): Promise<void> {
    qdrant = await startEmbeddedQdrant({ directory: join(folder, `qdrant-${servers.length}`) });
    servers.push(qdrant);
    address.pointAt(Number(new URL(qdrant.url).port));
  }

  /** A name for a database that is made later, and dropped in the end. */
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

  /** Asks the servers themselves: points, their vectors and rows are those of the corpus, and there are no others. */
  async function expectHeld({ name, records }: Corpus): Promise<void> {
    const problems = await inDatabase((query) =>
      heldProblems({
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

  /** Loads until verify is content, which takes one failed load more than it should, or none. */
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

  async function deleteTenPoints(): Promise<HeldPoint[]> {
    const gone = (await pointsAt(qdrant.url, COLLECTION)).slice(10, 20);
    const ids = gone.map(({ pointId }) => pointId);
    await askQdrant(`${qdrant.url}/collections/${COLLECTION}/points/delete?wait=true`, { points: ids });
    return gone;
  }

  it('replays nothing at first', async () => {
    const first = await workspace.nx(NOTES.name, 'load', { ...variables(), ...remote.environment });
    expect(first.exit, first.output).toBe(0);
    expect(first.replayed).toEqual([]);
    expect(openai.seen.inputs).toBe(NOTES.records.length);
    await expectHeld(NOTES);
  });

  it('costs no failed load after the collection is deleted', async () => {
    await askQdrant(`${qdrant.url}/collections/${COLLECTION}`, undefined, 'DELETE');
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
  });

  it('costs no failed load after the table is truncated', async () => {
    await inDatabase((query) => query(`truncate ${TABLE}`));
    await expectLoaded({ failed: 0, loads: ['load-neon'] });
  });

  it('costs no failed load after ten points are deleted, nor when the same ten are deleted again', async () => {
    const gone = await deleteTenPoints();
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
    expect(await deleteTenPoints()).toEqual(gone);
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
  });

  it('costs one failed load after ten points are replaced by ten of other ids', async () => {
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

  it('costs no failed load when another, empty Qdrant answers at the same address', async () => {
    await qdrant.close();
    await useEmptyQdrant();
    await expectLoaded({ failed: 0, loads: ['load-qdrant'] });
  });

  it('replays validate and embed and neither load after a switch of branch and back', async () => {
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

  it('costs no failed load after an old copy of the whole database is put back', async () => {
    await putEditedDatabaseBack();
    await expectLoaded({ failed: 0, loads: ['load-neon', 'load-qdrant'] });
    expectReplay(await load());
  });

  it('costs one failed load when the corpus goes back with the database, and the points do not', async () => {
    await putEditedDatabaseBack();
    workspace.writeCorpus(EDITED.name, EDITED.records);
    const first = await expectLoaded({ corpus: EDITED, failed: 1, loads: ['load-qdrant'] });
    // Those of the branch, from before the switch back.
    expect(first.replayed).toEqual(ALL_REPLAYED);
    expect(first.output).toContain('qdrant: stale');
    expectReplay(await load());
  });

  it('costs no failed load when a clone of the database is used at another address', async () => {
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

  it('replays another machine’s embeddings and neither load where empty stores have the same addresses', async () => {
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

  it('pays for nothing that another machine has paid for where the stores have other addresses', async () => {
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
  expect(run.output).toContain('verify: NOT IN STEP');
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
