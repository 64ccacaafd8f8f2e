import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { stubVector } from '@lockstep/testing-ports';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { QdrantClient } from '@qdrant/js-client-rest';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

const DIMENSIONS = 1536;

/** Request 2 is refused with `Retry-After` in seconds, 4 without, 6 with a date that has passed. */
const RATE_LIMIT = (request: number) => {
  if (request === 2) return { status: 429, headers: { 'retry-after': '1' } };
  if (request === 4) return { status: 429 };
  if (request === 6) return { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' } };
  return undefined;
};

/** The command line against a stub OpenAI of 1,536 dimensions, a real Postgres server and the embedded Qdrant. */
describe('indexer run', () => {
  let folder: string;
  let database: TestDatabase;
  let openai: StubOpenAi;
  const records = Array.from({ length: 120 }, (_, at) => ({
    id: at % 3 === 0 ? at : `chunk-${at} "quoted" 'single' \\ é 🐋`,
    text: `Chunk ${at}: a text with "quotes", a \\ backslash, a\nline feed, a\ttab, {braces}, and 🐋.`,
    document_id: `document-${at % 7}`,
    chapter_title: at % 5 === 0 ? null : `Chapter ${at % 5}`,
    page_number: at,
    created_at: at % 2 === 0 ? '2025-12-05T10:00:00.123456+02:00' : '2025-12-05',
    tags: ['a', at, null, { deep: [true, 0.1, -0, 1e-7] }],
    metadata: { source: `file-${at}.md`, empty: {}, list: [] },
  }));

  const environment = () => ({
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
    LOCKSTEP_EMBEDDER: 'cloud',
    LOCKSTEP_VECTORS: 'embedded',
    LOCKSTEP_ROWS: 'cloud',
  });
  const run = (...args: string[]): Promise<IndexerRun> => runIndexer(folder, args, environment());

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-run-'));
    writeFileSync(join(folder, 'chunks.json'), JSON.stringify(records));
    database = await createDatabase();
    openai = await startStubOpenAi({ dimensions: DIMENSIONS, script: RATE_LIMIT });
  });
  afterAll(async () => {
    await openai.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a run succeeds although requests are refused with 429, and pays for each text once', async () => {
    const { exit, stdout, stderr } = await run(
      'run',
      'chunks.json',
      '--batch-size',
      '20',
      '--json',
      '--level',
      'vectors',
    );
    expect(exit, stderr).toBe(0);
    const { ok, embed, verify } = JSON.parse(stdout) as ReturnType<typeof JSON.parse>;
    expect(ok).toBe(true);
    expect(verify.counts).toEqual({ input: 120, cache: 120, qdrant: 120, neon: 120 });
    expect(embed).toMatchObject({
      embedded: 120,
      requests: 6,
      dimensions: DIMENSIONS,
      model: 'text-embedding-3-small',
      calls: { openai: { requests: 9, retries: 3 } },
    });
    expect(openai.seen).toEqual({ requests: 9, refused: 3, inputs: 120 });
    expect(stderr).toContain('retry-scheduled');
  });

  it('rows and points hold exactly the fields of the input', async () => {
    const client = new Client({ connectionString: database.connectionString });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(
      `select *, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as moment from rag_metadata`,
    );
    await client.end();
    const server = await startEmbeddedQdrant({ directory: join(folder, '.lockstep', 'qdrant') });
    const qdrant = new QdrantClient({ url: server.url, checkCompatibility: false });
    const { points } = await qdrant.scroll('book_vectors', { limit: 1000, with_payload: true, with_vector: true });
    await server.close();

    const expected = records.map((record) => ({
      chunk_id: String(record.id),
      text_snippet_preview: record.text,
      document_id: record.document_id,
      chapter_title: record.chapter_title,
      page_number: record.page_number,
      moment: record.created_at.startsWith('2025-12-05T') ? '2025-12-05 08:00:00.123456' : '2025-12-05 00:00:00.000000',
      metadata: JSON.parse(JSON.stringify({ ...record.metadata, tags: record.tags })) as unknown,
      corpus: 'chunks',
    }));
    const byId = (a: { chunk_id: unknown }, b: { chunk_id: unknown }) =>
      String(a.chunk_id) < String(b.chunk_id) ? -1 : 1;
    const found = rows.map(
      ({ chunk_id, text_snippet_preview, document_id, chapter_title, page_number, moment, metadata, corpus }) => ({
        ...{ chunk_id, text_snippet_preview, document_id, chapter_title, page_number, moment, metadata, corpus },
      }),
    );
    expect(found.sort(byId)).toEqual(expected.sort(byId));

    const rowOf = new Map(rows.map((row) => [String(row['point_id']), row]));
    expect(points.map(({ id }) => id).sort()).toEqual([...rowOf.keys()].sort());
    for (const { id, payload, vector } of points) {
      const row = rowOf.get(String(id)) ?? {};
      expect(payload).toMatchObject({
        corpus: 'chunks',
        chunk_id: row['chunk_id'],
        document_id: row['document_id'],
        content_hash: row['content_hash'],
        embedding_key: row['embedding_key'],
        model: 'text-embedding-3-small',
      });
      const wanted = stubVector(String(row['text_snippet_preview']), DIMENSIONS);
      expect(vector).toHaveLength(DIMENSIONS);
      expect(
        Math.max(...(vector as number[]).map((value, at) => Math.abs(value - (wanted[at] as number)))),
      ).toBeLessThan(1e-6);
    }
  });

  it('a run without changes embeds nothing and writes nothing', async () => {
    const before = openai.seen.requests;
    const { exit, stdout, stderr } = await run('run', 'chunks.json', '--json');
    expect(exit, stderr).toBe(0);
    const receipts = JSON.parse(stdout) as ReturnType<typeof JSON.parse>;
    expect(openai.seen.requests).toBe(before);
    expect(receipts['load-qdrant']).toMatchObject({ written: 0, deleted: 0, countBefore: 120, countAfter: 120 });
    expect(receipts['load-neon']).toMatchObject({ written: 0, deleted: 0, countBefore: 120, countAfter: 120 });
  });

  it('a run after an edit of one text pays for one text, and deletes a removed chunk from both stores', async () => {
    const before = openai.seen.inputs;
    const changed = records.slice(1).map((record, at) => (at === 0 ? { ...record, text: 'Another text.' } : record));
    writeFileSync(join(folder, 'chunks.json'), JSON.stringify(changed));
    const { exit, stdout, stderr } = await run('run', 'chunks.json', '--json');
    expect(exit, stderr).toBe(0);
    expect(openai.seen.inputs - before).toBe(1);
    const receipts = JSON.parse(stdout) as ReturnType<typeof JSON.parse>;
    expect(receipts['load-qdrant']).toMatchObject({ written: 1, deleted: 1, countAfter: 119 });
    expect(receipts['load-neon']).toMatchObject({ written: 1, deleted: 1, countAfter: 119 });
    expect(receipts.verify).toMatchObject({ ok: true, counts: { input: 119, cache: 119, qdrant: 119, neon: 119 } });
  });

  it('verify ends with 5 after a manual edit of a text, and the next run corrects it', async () => {
    const client = new Client({ connectionString: database.connectionString });
    await client.connect();
    await client.query(`update rag_metadata set text_snippet_preview = 'by hand' where chunk_id = '3'`);
    await client.end();
    const failed = await run('verify', 'chunks.json');
    expect(failed.exit).toBe(5);
    expect(failed.stdout).toMatch(/neon: stale "3" \(.*\): text/);
    expect((await run('run', 'chunks.json')).exit).toBe(0);
  });

  it('a run that deletes most of a corpus is refused before it writes anything, unless --allow-deletes is given', async () => {
    writeFileSync(join(folder, 'chunks.json'), JSON.stringify(records.slice(100)));
    const refused = await run('run', 'chunks.json');
    expect(refused.exit).toBe(4);
    expect(refused.stderr).toContain('delete-guard');
    const allowed = await run('run', 'chunks.json', '--allow-deletes', '--json');
    expect(allowed.exit, allowed.stderr).toBe(0);
    expect(JSON.parse(allowed.stdout).verify.counts).toEqual({ input: 20, cache: 20, qdrant: 20, neon: 20 });
  });

  it('a load of chunks that were not provisioned is refused, and writes nothing', async () => {
    writeFileSync(join(folder, 'chunks.json'), JSON.stringify(records.slice(118)));
    expect((await run('validate', 'chunks.json')).exit).toBe(0);
    expect((await run('embed', 'chunks.json')).exit).toBe(0);
    for (const stage of ['load-neon', 'load-qdrant']) {
      const refused = await run(stage, 'chunks.json');
      expect(refused.exit).toBe(2);
      expect(refused.stderr).toContain('Run provision again');
    }
    writeFileSync(join(folder, 'chunks.json'), JSON.stringify(records.slice(100)));
    const { stdout } = await run('run', 'chunks.json', '--json');
    expect(JSON.parse(stdout)['load-neon']).toMatchObject({ countBefore: 20, written: 0, deleted: 0 });
  });

  it('run --only qdrant works with an empty Postgres database', async () => {
    const fresh = await createDatabase();
    const { exit, stderr } = await runIndexer(
      folder,
      ['run', 'chunks.json', '--only', 'qdrant', '--corpus', 'points'],
      {
        ...environment(),
        NEON_POSTGRES_CONNECTION_STRING: fresh.connectionString,
      },
    );
    expect(exit, stderr).toBe(0);
    await fresh.drop();
  });

  it('a run removes the temporary files of a killed process, and not those of a running one', async () => {
    const temporary = join(folder, '.lockstep', 'chunks', 'tmp');
    const [dead, own] = [join(temporary, '4194304-1-1'), join(temporary, `${process.pid}-1-1`)];
    for (const path of [dead, own]) writeFileSync(path, 'left');
    expect((await run('validate', 'chunks.json')).exit).toBe(0);
    expect([existsSync(dead), existsSync(own)]).toEqual([false, true]);
    expect(readdirSync(temporary)).toEqual([basename(own)]);
  });

  it('run --only loads one store, or embeds without loading', async () => {
    const alone = { ...environment(), LOCKSTEP_ROWS: '', NEON_POSTGRES_CONNECTION_STRING: '' };
    const { exit, stdout, stderr } = await runIndexer(
      folder,
      ['run', 'chunks.json', '--only', 'qdrant', '--corpus', 'alone', '--json'],
      alone,
    );
    expect(exit, stderr).toBe(0);
    expect(JSON.parse(stdout).verify.counts).toEqual({ input: 20, cache: 20, qdrant: 20, neon: null });
    const embedOnly = await run('run', 'chunks.json', '--only', 'embed', '--json');
    expect(JSON.parse(embedOnly.stdout)).toMatchObject({ ok: true, embed: { texts: 20 } });
    expect(readFileSync(join(folder, '.lockstep', 'alone', 'embed', 'slice.jsonl'), 'utf8').split('\n')).toHaveLength(
      21,
    );
  });
});
