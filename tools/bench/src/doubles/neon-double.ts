import { parsePostgresArray } from './postgres-array.ts';
import { unknownRequest, type DoubleReply, type DoubleRequest } from './serve.ts';
import { createSortedMap, type SortedMap } from './sorted-map.ts';

/** A value as Postgres writes it; null is NULL. */
type Cell = string | null;
type IndexedChunk = Readonly<Record<string, Cell>>;
type Parameters = readonly (string | null)[];

interface Query {
  readonly query: string;
  readonly params: Parameters;
}

interface State {
  /** Rows by corpus, in the order of their point ids. */
  readonly rows: Map<string, SortedMap<IndexedChunk>>;
  readonly fences: Map<string, { fence: number; run_id: string; digest: string }>;
  readonly stamps: Map<string, { digest: string; nonce: string; count: string }>;
  readonly migrations: Map<string, number>;
}

type Statement = (state: State, parameters: Parameters, words: RegExpExecArray) => readonly IndexedChunk[];

/** Types of the columns that are not text, so that the driver parses them: https://www.postgresql.org/docs/current/catalog-pg-type.html */
const COLUMN_TYPES: Readonly<Record<string, number>> = {
  count: 23,
  fence: 23,
  version: 23,
  page_number: 23,
  metadata: 3802,
};
const TEXT_TYPE = 25;

/** Names in the statement that writes rows which are not those of the columns. */
const COLUMN_OF: Readonly<Record<string, string>> = { text: 'text_snippet_preview' };

/**
 * Answers the statements that loading and verifying send, over Neon's SQL protocol on HTTP. It knows them by their
 * text, white space aside, and is no database: a statement that it does not know is an error.
 */
export function createNeonDouble(): (request: DoubleRequest) => DoubleReply {
  const state: State = { rows: new Map(), fences: new Map(), stamps: new Map(), migrations: new Map() };
  return ({ method, path, body }) => {
    if (method !== 'POST' || path !== '/sql') throw unknownRequest(`${method} ${path}`);
    const request = JSON.parse(body.toString()) as Query | { queries: readonly Query[] };
    if (!('queries' in request)) return { json: run(state, request) };
    return { json: `{"results":[${request.queries.map((query) => run(state, query)).join(',')}]}` };
  };
}

function run(state: State, { query, params }: Query): string {
  const text = query.replaceAll(/\s+/g, ' ').trim();
  for (const [pattern, statement] of STATEMENTS) {
    const words = pattern.exec(text);
    if (words !== null) return resultOf(statement(state, params, words));
  }
  throw unknownRequest(text);
}

function resultOf(rows: readonly IndexedChunk[]): string {
  const names = Object.keys(rows[0] ?? {});
  return JSON.stringify({
    rowAsArray: true,
    fields: names.map((name) => ({ name, dataTypeID: COLUMN_TYPES[name] ?? TEXT_TYPE, format: 'text' })),
    rows: rows.map((row) => names.map((name) => row[name] ?? null)),
    command: 'SELECT',
    rowCount: rows.length,
  });
}

const STATEMENTS: readonly (readonly [RegExp, Statement])[] = [
  [/^(create |select pg_advisory_xact_lock)/, () => []],
  [
    /^select coalesce\(max\(version\), 0\)::int as version from lockstep_migration/,
    ({ migrations }, [component]) => [{ version: String(migrations.get(textOf(component)) ?? 0) }],
  ],
  [
    /^insert into lockstep_migration/,
    ({ migrations }, [component, version]) => {
      migrations.set(textOf(component), Number(version));
      return [];
    },
  ],
  [
    /^select lockstep_assert_fence/,
    ({ fences }, [corpus, fence]) => {
      if (fences.get(textOf(corpus))?.fence !== Number(fence)) throw new Error('another run took over');
      return [];
    },
  ],
  [
    /^with taken as \( insert into lockstep_fence as held .* insert into lockstep_run /,
    ({ fences }, [corpus, atLeast, run_id, digest]) => {
      const fence = Math.max((fences.get(textOf(corpus))?.fence ?? 0) + 1, Number(atLeast));
      fences.set(textOf(corpus), { fence, run_id: textOf(run_id), digest: textOf(digest) });
      return [{ fence: String(fence) }];
    },
  ],
  // Runs are not remembered.
  [/^(update lockstep_run set finished_at|select corpus, fence, run_id, kind)/, () => []],
  // Rows and fences are in one database, so that raising the fence of the rows changes nothing.
  [/^insert into lockstep_fence as held/, () => []],
  [
    /^select fence(::int|, run_id, digest) from lockstep_fence where corpus = \$1$/,
    ({ fences }, [corpus]) => {
      const held = fences.get(textOf(corpus));
      return held === undefined ? [] : [{ ...held, fence: String(held.fence) }];
    },
  ],
  [
    /^select digest, nonce, count from lockstep_stamp/,
    ({ stamps }, [corpus, store]) => {
      const stamp = stamps.get(`${corpus} ${store}`);
      return stamp === undefined ? [] : [stamp];
    },
  ],
  [
    /^insert into lockstep_stamp/,
    ({ fences, stamps }, [corpus, store, digest, nonce, count, fence]) => {
      if (fences.get(textOf(corpus))?.fence !== Number(fence)) return [];
      stamps.set(`${corpus} ${store}`, { digest: textOf(digest), nonce: textOf(nonce), count: textOf(count) });
      return [{ corpus: textOf(corpus) }];
    },
  ],
  [
    /^delete from lockstep_stamp/,
    ({ stamps }, [corpus, store]) => {
      stamps.delete(`${corpus} ${store}`);
      return [];
    },
  ],
  [
    /^select count\(\*\)::int as count from "[^"]+" where corpus = \$1$/,
    (state, [corpus]) => [{ count: String(Array.from(rowsOf(state, corpus).values()).length) }],
  ],
  [
    /^select (?<columns>.+) from "[^"]+" where corpus = \$1 and point_id > \$2::uuid order by point_id limit (?<limit>\d+)$/,
    (state, [corpus, after], { groups }) => {
      const columns = columnNames(String(groups?.['columns']));
      const limit = Number(groups?.['limit']);
      const page: IndexedChunk[] = [];
      for (const row of rowsOf(state, corpus).values({ after: textOf(after) })) {
        if (page.length === limit) break;
        page.push(Object.fromEntries(columns.map((column) => [column, row[column] ?? null])));
      }
      return page;
    },
  ],
  [
    /^insert into "[^"]+" \(.* from unnest\(.*\) as u \((?<names>[^)]+)\) on conflict/,
    (state, [corpus, ...arrays], { groups }) => {
      const names = String(groups?.['names'])
        .split(', ')
        .map((name) => COLUMN_OF[name] ?? name);
      const columns = arrays.map((array) => parsePostgresArray(textOf(array)));
      const pointIds = columns[names.indexOf('point_id')] as string[];
      const rows = rowsOf(state, corpus);
      pointIds.forEach((pointId, at) => {
        const cells = names.map((name, column) => [name, columns[column]?.[at] ?? null] as const);
        rows.set(pointId, { corpus: textOf(corpus), ...Object.fromEntries(cells) });
      });
      return [];
    },
  ],
  [
    /^delete from "[^"]+" where corpus = \$1 and point_id = any\(\$2::uuid\[\]\)$/,
    (state, [corpus, pointIds]) => {
      const rows = rowsOf(state, corpus);
      for (const pointId of parsePostgresArray(textOf(pointIds))) rows.delete(textOf(pointId));
      return [];
    },
  ],
];

function rowsOf({ rows }: State, corpus: string | null | undefined): SortedMap<IndexedChunk> {
  const key = textOf(corpus);
  const found = rows.get(key) ?? createSortedMap<IndexedChunk>();
  rows.set(key, found);
  return found;
}

/** `a, f(b, 'x') as c` names the columns `a` and `c`. */
function columnNames(list: string): string[] {
  return list
    .replaceAll(/'[^']*'/g, '')
    .replaceAll(/\([^()]*\)/g, '')
    .split(',')
    .map((column) => column.trim().split(' ').at(-1) as string);
}

function textOf(value: string | null | undefined): string {
  if (typeof value !== 'string') throw new Error('expected a parameter that is not NULL');
  return value;
}
