import {
  IndexingError,
  invariant,
  isAnswerTooLarge,
  isTableName,
  sqlStateOf,
  type CallOptions,
  type JsonObject,
  type IndexedChunk,
  type RowState,
  type RowStore,
  type ScanOptions,
  type StoreCensus,
  type SqlClient,
  type SqlRow,
  type Statement,
} from '@lockstep/model';
import { migrate } from './migrate.ts';
import { LEDGER_MIGRATIONS } from './migrations/ledger.ts';
import { rowsMigrations } from './migrations/rows.ts';
import { packRows } from './pack-rows.ts';
import { queryExistingTable } from './query-existing-table.ts';

export interface NeonRowStoreOptions {
  readonly sql: SqlClient;
  /** Name of the table, one that `isTableName` accepts: it becomes part of statements. */
  readonly table: string;
  /** Host and database, as shown to users; part of the store's identity. */
  readonly shownDatabase: string;
}

/** Rows of ids and hashes in one page, about 240 kB on the wire; larger pages take more memory and no less time. */
const SCAN_ITEMS = 1000;
/** Whole rows in one page: an answer has a limit, and texts may be long. */
const SCAN_ROWS_ITEMS = 200;
/** Sorts before every point id. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';
const DUPLICATE_TABLE = '42P07';

const ROW_COLUMNS = `corpus, point_id, chunk_id, document_id, chapter_title, page_number, text_snippet_preview, metadata,
  content_hash, embedding_key, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`;

/** The rows of all corpora in one Postgres table. */
export function createNeonRowStore({ sql, table, shownDatabase }: NeonRowStoreOptions): RowStore {
  invariant(isTableName(table), 'expected a table name that isTableName accepts');
  const name = `"${table}"`;

  const read = (statement: Statement, options?: CallOptions): Promise<SqlRow[]> =>
    queryExistingTable(sql, statement, options).catch(tellForeignTable);

  /** A table of another program has other columns, or the same of other types. */
  function tellForeignTable(error: unknown): never {
    throw FOREIGN_TABLE.has(sqlStateOf(error)) ? foreignTable(table) : error;
  }

  /**
   * Pages through a corpus by point id. After an answer that is too large, the pages are smaller. A table that is
   * dropped between two pages is an error.
   */
  async function* pages(
    columns: string,
    itemsMax: number,
    corpus: string,
    { after, ...options }: ScanOptions = {},
  ): AsyncGenerator<SqlRow[]> {
    let items = itemsMax;
    let isFirst = true;
    let last = after ?? NIL_UUID;
    for (;;) {
      const text = `select ${columns} from ${name} where corpus = $1 and point_id > $2::uuid order by point_id limit ${items}`;
      const statement: Statement = [text, [corpus, last]];
      let rows: SqlRow[];
      try {
        rows = await (isFirst ? read(statement, options) : sql.query(statement, options));
      } catch (error) {
        if (items === 1 || !isAnswerTooLarge(error)) throw error;
        items = Math.ceil(items / 4);
        continue;
      }
      if (rows.length > 0) yield rows;
      if (rows.length < items) return;
      isFirst = false;
      last = String(rows.at(-1)?.['point_id']);
    }
  }

  /** Whole rows by point id; ids whose rows do not fit in one answer are asked for in two halves. */
  async function wholeRows(pointIds: readonly string[], options?: CallOptions): Promise<SqlRow[]> {
    if (pointIds.length === 0) return [];
    try {
      return await read([`select ${ROW_COLUMNS} from ${name} where point_id = any($1::uuid[])`, [pointIds]], options);
    } catch (error) {
      if (pointIds.length === 1 || !isAnswerTooLarge(error)) throw error;
      const middle = Math.ceil(pointIds.length / 2);
      const first = await wholeRows(pointIds.slice(0, middle), options);
      return [...first, ...(await wholeRows(pointIds.slice(middle), options))];
    }
  }

  const assertFence = (corpus: string, fence: number): Statement => [
    'select lockstep_assert_fence($1, $2)',
    [corpus, fence],
  ];

  return {
    target: `${shownDatabase}/${table}`,
    async describe(options) {
      const [row] = await sql.query(['show server_version'], options);
      const [version = 'unknown'] = /^\d[\d.]*\S{0,9}/.exec(String(row?.['server_version'])) ?? [];
      return { name: 'Postgres', version };
    },
    async census(options) {
      const rows = await read([`select corpus, count(*)::int as count from ${name} group by corpus`], options);
      const corpora = rows.map(({ corpus, count }) => ({ corpus: String(corpus), count: Number(count) }));
      // Sorted here, since the order in Postgres depends on the collation. `corpus` is never null: no row is unowned.
      return { corpora: corpora.toSorted((a, b) => (a.corpus < b.corpus ? -1 : 1)), unowned: 0 };
    },
    async ensure(options) {
      await migrate(sql, 'ledger', LEDGER_MIGRATIONS, options);
      try {
        await migrate(sql, `rows:${table}`, rowsMigrations(table), options);
      } catch (error) {
        if (sqlStateOf(error) !== DUPLICATE_TABLE) throw error;
        throw foreignTable(table);
      }
    },
    async count(corpus, options) {
      const [row] = await read([`select count(*)::int as count from ${name} where corpus = $1`, [corpus]], options);
      return Number(row?.['count'] ?? 0);
    },
    async *scan(corpus, options) {
      const columns = 'point_id, chunk_id, document_id, content_hash, embedding_key';
      for await (const page of pages(columns, SCAN_ITEMS, corpus, options)) yield page.map(toRowState);
    },
    async *scanRows(corpus, options) {
      for await (const page of pages(ROW_COLUMNS, SCAN_ROWS_ITEMS, corpus, options)) yield page.map(toRow);
    },
    rows: async (pointIds, options) => (await wholeRows(pointIds, options)).map(toRow),
    async elsewhere(corpus, chunks, options) {
      const rows = await read(
        [
          `select stored.corpus, count(*)::int as count from ${name} as stored
           join unnest($2::text[], $3::text[]) as u (chunk_id, content_hash)
             on stored.chunk_id = u.chunk_id and stored.content_hash = u.content_hash
           where stored.corpus <> $1 group by stored.corpus`,
          [corpus, chunks.map(({ chunkId }) => chunkId), chunks.map(({ contentHash }) => contentHash)],
        ],
        options,
      );
      return rows.map((row) => ({ corpus: String(row['corpus']), count: Number(row['count']) })).sort(mostFirst);
    },
    async fence(corpus, options) {
      const [row] = await read(['select fence::int from lockstep_fence where corpus = $1', [corpus]], options);
      return Number(row?.['fence'] ?? 0);
    },
    async raiseFence(corpus, fence, options) {
      await sql.query(
        [
          `insert into lockstep_fence as stored (corpus, fence, run_id, digest) values ($1, $2, '', '')
           on conflict (corpus) do update set fence = excluded.fence, taken_at = now() where stored.fence < excluded.fence`,
          [corpus, fence],
        ],
        options,
      );
    },
    pack: packRows,
    async upsert({ corpus, fence, items }, options) {
      const statements = [renamedStatement(name, corpus, items), upsertStatement(name, corpus, items)];
      await sql.transaction([assertFence(corpus, fence), ...statements], options);
    },
    async delete({ corpus, fence, items }, options) {
      const statement: Statement = [
        `delete from ${name} where corpus = $1 and point_id = any($2::uuid[])`,
        [corpus, items],
      ];
      await sql.transaction([assertFence(corpus, fence), statement], options);
    },
  };
}

/** Undefined column, operator that does not fit the type of a column, another type than was expected. */
const FOREIGN_TABLE: ReadonlySet<string | undefined> = new Set(['42703', '42883', '42804']);

function foreignTable(table: string): IndexingError {
  return new IndexingError({
    code: 'config-invalid',
    message: `A table ${table} exists that was not made by this program. Name another one in "table" of corpus.json, or with --table.`,
    details: { table },
  });
}

type Counted = StoreCensus['corpora'][number];

function mostFirst(a: Counted, b: Counted): number {
  return b.count - a.count || (a.corpus < b.corpus ? -1 : 1);
}

/** Deletes rows whose chunk id was changed by hand: the unique index on point ids would refuse the new rows. */
function renamedStatement(name: string, corpus: string, rows: readonly IndexedChunk[]): Statement {
  return [
    `delete from ${name} as stored using unnest($2::uuid[], $3::text[]) as u (point_id, chunk_id)
     where stored.corpus = $1 and stored.point_id = u.point_id and stored.chunk_id <> u.chunk_id`,
    [corpus, rows.map((row) => row.pointId), rows.map((row) => row.chunkId)],
  ];
}

/** Arrays as parameters: the same statement text for any number of rows, and no limit of 65,535 parameters. */
function upsertStatement(name: string, corpus: string, rows: readonly IndexedChunk[]): Statement {
  return [
    `insert into ${name} (corpus, chunk_id, document_id, chapter_title, page_number, text_snippet_preview, created_at,
       metadata, content_hash, embedding_key, point_id)
     select $1, u.chunk_id, u.document_id, u.chapter_title, u.page_number, u.text, u.created_at::timestamptz,
       u.metadata::jsonb, u.content_hash, u.embedding_key, u.point_id
     from unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
       $10::text[], $11::uuid[])
       as u (chunk_id, document_id, chapter_title, page_number, text, created_at, metadata, content_hash, embedding_key, point_id)
     on conflict (corpus, chunk_id) do update set
       document_id = excluded.document_id, chapter_title = excluded.chapter_title, page_number = excluded.page_number,
       text_snippet_preview = excluded.text_snippet_preview, created_at = excluded.created_at,
       metadata = excluded.metadata, content_hash = excluded.content_hash, embedding_key = excluded.embedding_key,
       point_id = excluded.point_id, updated_at = now()`,
    [
      corpus,
      rows.map((row) => row.chunkId),
      rows.map((row) => row.documentId),
      rows.map((row) => row.chapterTitle),
      rows.map((row) => row.pageNumber),
      rows.map((row) => row.text),
      rows.map((row) => row.createdAt),
      rows.map((row) => JSON.stringify(row.metadata)),
      rows.map((row) => row.contentHash),
      rows.map((row) => row.embeddingKey),
      rows.map((row) => row.pointId),
    ],
  ];
}

function toRowState(row: SqlRow): RowState {
  return {
    pointId: row['point_id'] as string,
    chunkId: row['chunk_id'] as string,
    documentId: row['document_id'] as string | null,
    contentHash: row['content_hash'] as string,
    embeddingKey: row['embedding_key'] as string,
  };
}

function toRow(row: SqlRow): IndexedChunk & { corpus: string } {
  return {
    ...toRowState(row),
    corpus: row['corpus'] as string,
    chapterTitle: row['chapter_title'] as string | null,
    pageNumber: row['page_number'] as number | null,
    text: row['text_snippet_preview'] as string,
    createdAt: row['created_at'] as string | null,
    metadata: row['metadata'] as JsonObject,
  };
}
