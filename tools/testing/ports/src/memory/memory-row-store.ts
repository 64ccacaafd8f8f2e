import {
  IndexingError,
  packByBytes,
  type CallOptions,
  type IndexedChunk,
  type RowStore,
  type ScanOptions,
} from '@lockstep/model';

/** A stored row, which tests may edit. */
export type MemoryRow = { -readonly [Field in keyof IndexedChunk]: IndexedChunk[Field] } & { readonly corpus: string };

/** A table in memory, which tests can read and change. */
export interface MemoryRowStore extends RowStore {
  /** The rows by point id. Tests may change them, as drift. */
  readonly table: Map<string, MemoryRow>;
  /** Calls of the port so far, and rows that were written and deleted. */
  readonly cost: { calls: number; written: number; deleted: number };
  /** One line for each write, in order: `upsert 2`, `delete 3`. */
  readonly journal: string[];
  /** Called before each write; what it throws fails the write, which then does nothing. */
  beforeWrite: ((operation: 'upsert' | 'delete') => void | Promise<void>) | undefined;
}

/** A database in memory: rows by point id, by table, and the fences that writes are checked against. */
export interface MemoryDatabase {
  readonly tables: Map<string, Map<string, MemoryRow>>;
  readonly fences: Map<string, number>;
}

export interface MemoryRowStoreOptions {
  readonly target?: string;
  /** Rows in one page of a scan. @default 3 */
  readonly pageItems?: number;
  /** Items in one write, at most. @default 100 */
  readonly packItems?: number;
  /** A database that other stores may use as well. @default an empty one */
  readonly database?: MemoryDatabase;
}

export function createMemoryDatabase(): MemoryDatabase {
  return { tables: new Map(), fences: new Map() };
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Rows of all corpora in memory. A write is refused unless it has the current fence of its corpus. */
export function createMemoryRowStore(options: MemoryRowStoreOptions = {}): MemoryRowStore {
  const { target = 'memory/rows', pageItems = 3, packItems = 100 } = options;
  const { tables, fences } = options.database ?? createMemoryDatabase();
  /** Read in place of the table until `ensure` creates it. */
  const missingTable = new Map<string, MemoryRow>();
  const cost = { calls: 0, written: 0, deleted: 0 };
  const journal: string[] = [];

  function enter({ signal }: CallOptions = {}): Map<string, MemoryRow> {
    signal?.throwIfAborted();
    cost.calls += 1;
    return tables.get(target) ?? missingTable;
  }

  function rowsOf(table: ReadonlyMap<string, MemoryRow>, corpus: string): MemoryRow[] {
    return [...table.values()]
      .filter((row) => row.corpus === corpus)
      .toSorted((a, b) => (a.pointId < b.pointId ? -1 : 1));
  }

  async function* pages(corpus: string, { after = '', ...call }: ScanOptions = {}): AsyncGenerator<MemoryRow[]> {
    for (;;) {
      const page = rowsOf(enter(call), corpus)
        .filter(({ pointId }) => pointId > after)
        .slice(0, pageItems);
      if (page.length > 0) yield page.map((row) => structuredClone(row));
      if (page.length < pageItems) return;
      after = page.at(-1)?.pointId as string;
    }
  }

  function assertFence(corpus: string, fence: number): void {
    if (!tables.has(target)) throw refused(`There is no table ${target}.`);
    if (fences.get(corpus) === fence) return;
    throw new IndexingError({ code: 'overtaken', message: `Another run of ${corpus} took over.` });
  }

  const store: MemoryRowStore = {
    target,
    get table() {
      return tables.get(target) ?? missingTable;
    },
    cost,
    journal,
    beforeWrite: undefined,
    async describe() {
      return { name: 'Memory', version: '1.0.0' };
    },
    async census(call) {
      const counts = Map.groupBy(enter(call).values(), ({ corpus }) => corpus);
      const corpora = [...counts].map(([corpus, { length: count }]) => ({ corpus, count }));
      return { corpora: corpora.toSorted((a, b) => (a.corpus < b.corpus ? -1 : 1)), unowned: 0 };
    },
    async ensure(call) {
      tables.set(target, enter(call));
    },
    count: async (corpus, call) => rowsOf(enter(call), corpus).length,
    async *scan(corpus, call) {
      for await (const page of pages(corpus, call)) {
        yield page.map(({ pointId, chunkId, documentId, contentHash, embeddingKey }) => ({
          pointId,
          chunkId,
          documentId,
          contentHash,
          embeddingKey,
        }));
      }
    },
    scanRows: (corpus, call) => pages(corpus, call),
    async rows(pointIds, call) {
      const table = enter(call);
      return pointIds.flatMap((pointId) => {
        const row = table.get(pointId);
        return row === undefined ? [] : [structuredClone(row)];
      });
    },
    async elsewhere(corpus, chunks, call) {
      const wanted = new Map(chunks.map(({ chunkId, contentHash }) => [chunkId, contentHash]));
      const found = [...enter(call).values()].filter(
        (row) => row.corpus !== corpus && wanted.get(row.chunkId) === row.contentHash,
      );
      const counts = [...Map.groupBy(found, (row) => row.corpus)].map(([name, { length: count }]) => ({
        corpus: name,
        count,
      }));
      return counts.toSorted((a, b) => b.count - a.count || (a.corpus < b.corpus ? -1 : 1));
    },
    async fence(corpus, call) {
      enter(call);
      return fences.get(corpus) ?? 0;
    },
    async raiseFence(corpus, fence, call) {
      enter(call);
      fences.set(corpus, Math.max(fence, fences.get(corpus) ?? 0));
    },
    pack: (items) => packByBytes(items, packItems, () => 1),
    async upsert({ corpus, fence, items }, call) {
      enter(call);
      await store.beforeWrite?.('upsert');
      assertFence(corpus, fence);
      const broken = items.find(({ pointId }) => !UUID.test(pointId));
      if (broken !== undefined) throw refused(`${broken.pointId} is no UUID.`);
      const { table } = store;
      for (const item of items) table.set(item.pointId, { ...structuredClone(item), corpus });
      cost.written += items.length;
      journal.push(`upsert ${items.length}`);
    },
    async delete({ corpus, fence, items }, call) {
      enter(call);
      await store.beforeWrite?.('delete');
      assertFence(corpus, fence);
      const { table } = store;
      for (const pointId of items) {
        if (table.get(pointId)?.corpus === corpus && table.delete(pointId)) cost.deleted += 1;
      }
      journal.push(`delete ${items.length}`);
    },
  };
  return store;
}

function refused(message: string): IndexingError {
  return new IndexingError({ code: 'request-refused', message });
}
