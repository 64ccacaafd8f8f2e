import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { QdrantClient } from '@qdrant/js-client-rest';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

const DIMENSIONS = 8;
const COLLECTION = 'book_vectors';

/** The commands of an operator against a stub OpenAI, a real Postgres server and an embedded Qdrant server. */
describe('an operator', () => {
  let folder: string;
  let database: TestDatabase;
  let openai: StubOpenAi;
  let server: EmbeddedQdrant;
  let qdrant: QdrantClient;
  let postgres: Client;
  const chunks = Array.from({ length: 40 }, (_, at) => ({
    id: `c${at}`,
    text: `This is the text of chunk number ${at}.`,
    document_id: `d${at % 4}`,
    chapter_title: 'One',
  }));

  const environment = () => ({
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    QDRANT_HOST: server.url,
    NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
  });
  const run = (...args: string[]): Promise<IndexerRun> => runIndexer(folder, args, environment());
  const json = async (...args: string[]) => {
    const { exit, stdout, stderr } = await run(...args, '--json');
    return { exit, stderr, result: JSON.parse(stdout) as ReturnType<typeof JSON.parse> };
  };
  const write = (records: readonly object[], corpus = 'books') => {
    mkdirSync(join(folder, corpus), { recursive: true });
    writeFileSync(join(folder, corpus, 'chunks.json'), JSON.stringify(records));
    const config = { name: corpus, input: 'chunks.json', dimensions: DIMENSIONS };
    writeFileSync(join(folder, corpus, 'corpus.json'), JSON.stringify(config));
  };
  const sql = async (text: string, values: readonly unknown[] = []) =>
    (await postgres.query<Record<string, string>>(text, [...values])).rows;
  const rowCount = async (corpus: string) =>
    Number((await sql('select count(*) from rag_metadata where corpus = $1', [corpus]))[0]?.['count']);
  const pointCount = async (corpus: string) => {
    const filter = { must: [{ key: 'corpus', match: { value: corpus } }] };
    return (await qdrant.count(COLLECTION, { filter, exact: true })).count;
  };
  const pointIdOf = async (chunkId: string) =>
    String(
      (await sql(`select point_id from rag_metadata where corpus = 'books' and chunk_id = $1`, [chunkId]))[0]?.[
        'point_id'
      ],
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-operator-'));
    writeFileSync(join(folder, 'nx.json'), '{}');
    write(chunks);
    database = await createDatabase();
    openai = await startStubOpenAi({ dimensions: DIMENSIONS });
    server = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    qdrant = new QdrantClient({ url: server.url, checkCompatibility: false });
    postgres = new Client({ connectionString: database.connectionString });
    await postgres.connect();
  });
  afterAll(async () => {
    await postgres.end();
    await server.close();
    await openai.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('plan shows before the first run what it will do and cost, and writes nothing', async () => {
    const { exit, stdout, stderr } = await run('plan', 'books', '--price', '2.5');
    expect(exit, stderr).toBe(0);
    expect(stdout).toMatch(/add +missing in the store +40 +40\n/);
    expect(stdout).toMatch(/embed +40 texts, about (\d+) tokens, \$0\.00\d+ \(text-embedding-3-small, 8 dimensions\)/);
    const status = await json('status');
    expect(status.result.corpora[0].stores).toMatchObject({ qdrant: { state: 'empty' }, neon: { state: 'empty' } });
    expect(status.result.runs).toEqual([]);
    expect((await qdrant.getCollections()).collections).toEqual([]);
    expect(await sql(`select * from information_schema.tables where table_schema = 'public'`)).toEqual([]);
    expect(openai.seen.requests).toBe(0);
    expect(existsSync(join(folder, '.lockstep', 'books', 'validate'))).toBe(false);
    expect(existsSync(join(folder, '.lockstep', 'cache'))).toBe(false);
  });

  it('a run that costs more than --max-cost is refused before anything is paid or written', async () => {
    const limits = ['--price', '1000', '--max-cost', '0.1'];
    for (const command of ['run', 'plan']) {
      const { exit, result } = await json(command, 'books', ...limits);
      expect(exit).toBe(4);
      expect((result.error ?? result.refused).code).toBe('cost-guard');
    }
    const unknown = await run('run', 'books', '--max-cost', '0.1');
    expect(unknown.exit).toBe(2);
    expect(unknown.stderr).toContain('--price');
    expect(openai.seen.requests).toBe(0);
    expect((await qdrant.getCollections()).collections).toEqual([]);
    expect(await sql(`select * from information_schema.tables where table_schema = 'public'`)).toEqual([]);
  });

  it('status shows each run with what it wrote, paid and saved', async () => {
    const first = await run('run', 'books', '--max-cost', '0.1', '--price', '1');
    expect(first.exit, first.stderr).toBe(0);
    expect((await run('run', 'books')).exit).toBe(0);
    const { result } = await json('status');
    expect(result.corpora).toMatchObject([
      { corpus: 'books', wanted: 40, stores: { qdrant: { state: 'in-step' }, neon: { state: 'in-step' } } },
    ]);
    const [second, paying] = result.runs;
    const nothing = { pointsWritten: 0, pointsDeleted: 0, rowsWritten: 0, rowsDeleted: 0 };
    expect(paying).toMatchObject({ corpus: 'books', fence: 1, kind: 'load', state: 'ended' });
    expect(paying.end).toMatchObject({ outcome: 'done', error: null, tokensSaved: 0 });
    expect(paying.end.counts).toMatchObject({ input: 40, qdrant: 40, neon: 40, pointsWritten: 40, rowsWritten: 40 });
    expect(paying.end.tokensPaid).toBeGreaterThan(300);
    expect(second).toMatchObject({ fence: 2, end: { outcome: 'done', tokensPaid: 0, counts: nothing } });
    expect(second.end.tokensSaved).toBeGreaterThan(300);
    const { stdout } = await run('status');
    expect(stdout).toMatch(/books #1 load {2}in step; .* points \+40 -0; rows \+40 -0; \d+ tokens paid, about 0 saved/);
    expect(stdout).toMatch(/qdrant +40 {2}in step/);
  });

  it('plan shows for each store why chunks would change', async () => {
    const edited = [
      { ...chunks[0], text: 'An edited text.' },
      { ...chunks[1], chapter_title: 'Two' },
      { ...chunks[2], text: '' },
      ...chunks.slice(3, 38),
      { ...chunks[0], id: 'new' },
    ];
    write(edited);
    const id = await pointIdOf('c5');
    await qdrant.delete(COLLECTION, { wait: true, points: [id] });
    const before = openai.seen.requests;
    const { exit, result } = await json('plan', 'books');
    expect(exit).toBe(0);
    expect(result.embedding).toMatchObject({ texts: 1, cachedChunks: 37, cost: null });
    expect(result.stores.neon.plan).toEqual({
      ...{ add: 1, change: 2, delete: 2, unchanged: 35, held: 1, kept: 0 },
      reasons: { missing: 1, text: 1, metadata: 1 },
    });
    expect(result.stores.qdrant.plan).toEqual({
      ...{ add: 2, change: 2, delete: 2, unchanged: 34, held: 1, kept: 0 },
      reasons: { missing: 2, text: 1, metadata: 1 },
    });
    const { result: status } = await json('status');
    expect(status.corpora[0].stores).toMatchObject({ qdrant: { state: 'drifted' }, neon: { state: 'in-step' } });
    for (const command of ['plan', 'run']) {
      const refused = await run(command, 'books', '--max-delete-percent', '4');
      expect(refused.exit).toBe(4);
      expect(refused.stdout + refused.stderr).toContain('delete-guard');
    }
    const both = await run('run', 'books', '--max-delete-percent', '4', '--allow-deletes');
    expect(both.exit).toBe(2);
    expect([await pointCount('books'), await rowCount('books'), openai.seen.requests]).toEqual([39, 40, before]);
    const loaded = await json('run', 'books', '--max-delete-percent', '6');
    expect(loaded.exit, loaded.stderr).toBe(0);
    expect(loaded.result['load-qdrant']).toMatchObject({ written: 4, deleted: 2 });
    expect(loaded.result['load-neon']).toMatchObject({ written: 3, deleted: 2 });
    write(chunks);
    expect((await run('run', 'books')).exit).toBe(0);
  });

  it('repair corrects manual edits in both stores without paying, and --dry-run shows them before', async () => {
    const [first, second, third] = [await pointIdOf('c1'), await pointIdOf('c2'), await pointIdOf('c3')];
    await sql(`update rag_metadata set text_snippet_preview = 'by hand' where point_id = $1`, [first]);
    await qdrant.setPayload(COLLECTION, { wait: true, payload: { document_id: 'by hand' }, points: [second] });
    const vector = [1, 0, 0, 0, 0, 0, 0, 0];
    await qdrant.updateVectors(COLLECTION, { wait: true, points: [{ id: third, vector }] });
    const before = openai.seen.requests;
    const dry = await json('repair', 'books', '--dry-run');
    expect(dry.exit).toBe(0);
    expect(dry.result.stores).toMatchObject({
      qdrant: { plan: { change: 2, reasons: { drift: 2 } } },
      neon: { plan: { change: 1, reasons: { drift: 1 } } },
    });
    expect((await run('verify', 'books', '--level', 'vectors')).exit).toBe(5);
    const repaired = await json('repair', 'books');
    expect(repaired.exit, repaired.stderr).toBe(0);
    expect(repaired.result['load-qdrant']).toMatchObject({ written: 2, left: 0 });
    expect(repaired.result['load-neon']).toMatchObject({ written: 1 });
    expect((await run('verify', 'books', '--level', 'vectors')).exit).toBe(0);
    expect(openai.seen.requests).toBe(before);
    const { result } = await json('status', '--limit', '1');
    expect(result.runs).toMatchObject([{ kind: 'repair', end: { outcome: 'done' } }]);
  });

  it('cache recover saves a machine with an empty disk from paying, and verify does not compare its vectors', async () => {
    const before = openai.seen.requests;
    const machine = ['--state-dir', join(folder, 'other-machine')];
    const recovered = await json('cache', 'recover', 'books', ...machine);
    expect(recovered).toMatchObject({ exit: 0, result: { wanted: 40, recovered: 40, refused: 0 } });
    const { exit, stdout, stderr } = await run('run', 'books', '--level', 'vectors', ...machine);
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain('40 vectors not compared');
    const receipt = (stage: string) =>
      JSON.parse(readFileSync(join(folder, 'other-machine', 'books', `${stage}.json`), 'utf8')) as unknown;
    expect(receipt('verify')).toMatchObject({ ok: true, notComparable: 40 });
    expect(receipt('load-qdrant/receipt')).toMatchObject({ written: 0 });
    expect(openai.seen.requests).toBe(before);
  });

  it('repair without a cache corrects what it can, and shows what the rest would cost', async () => {
    const machine = ['--state-dir', join(folder, 'third-machine')];
    const gone = [await pointIdOf('c7'), await pointIdOf('c8')];
    await qdrant.delete(COLLECTION, { wait: true, points: gone });
    await sql(`delete from rag_metadata where corpus = 'books' and chunk_id in ('c9', 'c8')`);
    const before = openai.seen.inputs;
    const left = await run('repair', 'books', '--price', '100', ...machine);
    expect(left.exit).toBe(5);
    expect(left.stdout).toMatch(
      /no vector for 40 texts \(\d+ tokens, \$0\.\d+\); 2 points not written for that reason/,
    );
    expect([await pointCount('books'), await rowCount('books'), openai.seen.inputs]).toEqual([38, 40, before]);
    const paid = await run('repair', 'books', '--pay', ...machine);
    expect(paid.exit, paid.stderr).toBe(0);
    expect([await pointCount('books'), openai.seen.inputs - before]).toEqual([40, 40]);
    expect((await run('run', 'books')).exit).toBe(0);
  });

  it('status shows corpora without a corpus.json and points without a corpus, and drop deletes only one corpus', async () => {
    write(chunks.slice(0, 5), 'old');
    expect((await run('run', 'old')).exit).toBe(0);
    rmSync(join(folder, 'old'), { recursive: true });
    const vector = [1, 0, 0, 0, 0, 0, 0, 0];
    const stray = { id: 1, vector, payload: { note: 'not ours' } };
    await qdrant.upsert(COLLECTION, { wait: true, points: [stray] });
    const { result } = await json('status');
    expect(result.strangers).toMatchObject([
      { store: 'qdrant', corpus: 'old', count: 5 },
      { store: 'neon', corpus: 'old', count: 5 },
    ]);
    expect(result.unowned).toMatchObject([{ store: 'qdrant', count: 1 }]);

    const asked = await run('drop', 'old');
    expect(asked.exit).toBe(4);
    expect(asked.stderr).toContain('confirmation-needed');
    expect(asked.stderr).toMatch(/5 points .* 5 rows/);
    expect([await pointCount('old'), await rowCount('old')]).toEqual([5, 5]);
    const dropped = await json('drop', 'old', '--yes');
    expect(dropped).toMatchObject({ exit: 0, result: { deleted: { qdrant: 5, neon: 5 } } });
    expect([await pointCount('old'), await rowCount('old')]).toEqual([0, 0]);
    expect([await pointCount('books'), await rowCount('books')]).toEqual([40, 40]);
    expect((await qdrant.count(COLLECTION, { exact: true })).count).toBe(41);
    const { stdout, exit } = await run('drop', 'old', '--yes');
    expect({ exit, stdout }).toMatchObject({ exit: 0, stdout: expect.stringContaining('Neither') });
    expect((await run('verify', 'books', '--level', 'vectors')).exit).toBe(0);
  });

  it('verify prints the first differences, and writes all of them to its receipt', async () => {
    await sql(`update rag_metadata set chapter_title = 'by hand' where corpus = 'books' and chunk_id <> 'c0'`);
    const { exit, stdout } = await run('verify', 'books');
    expect(exit).toBe(5);
    expect(stdout.match(/neon: stale/g)).toHaveLength(20);
    expect(stdout).toContain('and 19 more');
    expect(stdout).toContain('Wrong: neon 39;');
    const receipt = JSON.parse(readFileSync(join(folder, '.lockstep', 'books', 'verify.json'), 'utf8'));
    expect(receipt.differences).toHaveLength(39);
    const { result } = await json('status');
    expect(result.corpora[0].stores).toMatchObject({ qdrant: { state: 'in-step' }, neon: { state: 'unknown' } });
    // The corpus that was dropped is not listed any more.
    expect(result.strangers).toEqual([]);
    expect((await run('run', 'books')).exit).toBe(0);
  });

  it('status shows what it can while one service is down', async () => {
    const { exit, stdout } = await runIndexer(folder, ['status', '--json'], {
      ...environment(),
      QDRANT_HOST: 'http://127.0.0.1:9',
    });
    expect(exit).toBe(1);
    const { problems, runs, corpora } = JSON.parse(stdout) as ReturnType<typeof JSON.parse>;
    expect(problems).toEqual([expect.stringContaining('Qdrant')]);
    expect(corpora).toMatchObject([{ corpus: 'books', stores: null }]);
    expect(runs[0]).toMatchObject({ corpus: 'books', end: { outcome: 'done' } });
  });
});
