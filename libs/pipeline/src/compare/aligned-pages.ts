import { invariant } from '@lockstep/model';
import type { ChunkLine, HeldRecord } from '../files/chunk-line.ts';

/** One point id: what the corpus wants there, whether it is held, and what the store has. */
export interface Aligned<Actual, Wanted = ChunkLine, Held = HeldRecord> {
  readonly pointId: string;
  readonly wanted: Wanted | undefined;
  readonly held: Held | undefined;
  readonly actual: Actual | undefined;
}

/**
 * Walks what a corpus wants, its held records and what a store contains side by side, in the order of their point ids, so
 * that memory does not grow with the corpus. All three come in pages, sorted by point id; a source that breaks the order
 * fails with `invariant`. The result comes in pages too: an await for each chunk would cost more than comparing it.
 */
export async function* alignedPages<
  Actual extends WithPointId,
  Wanted extends WithPointId = ChunkLine,
  Held extends WithPointId = HeldRecord,
>(sources: {
  readonly wanted: AsyncIterable<readonly Wanted[]>;
  readonly held: AsyncIterable<readonly Held[]>;
  readonly actual: AsyncIterable<readonly Actual[]>;
}): AsyncGenerator<readonly Aligned<Actual, Wanted, Held>[]> {
  const wanted = createCursor(sources.wanted, 'the chunks file');
  const held = createCursor(sources.held, 'the held file');
  const actual = createCursor(sources.actual, 'the store');
  const cursors = [wanted, held, actual];
  try {
    for (;;) {
      for (const cursor of cursors) await cursor.turnPage();
      const page: Aligned<Actual, Wanted, Held>[] = [];
      while (!cursors.some((cursor) => cursor.isPageRead())) {
        const pointId = least(wanted.pointId(), held.pointId(), actual.pointId());
        if (pointId === undefined) break;
        page.push({ pointId, wanted: wanted.take(pointId), held: held.take(pointId), actual: actual.take(pointId) });
      }
      if (page.length === 0) return;
      yield page;
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

interface WithPointId {
  readonly pointId: string;
}

/** A place in a source that comes in pages. */
interface Cursor<Item> {
  /** True when the page is read to its end and another may follow, so that the next item is not known yet. */
  isPageRead(): boolean;
  /** Gets the next page, if this one is read to its end. */
  turnPage(): Promise<void>;
  /** Point id of the next item; undefined at the end of the source. */
  pointId(): string | undefined;
  /** The next item, if it has this id. */
  take(pointId: string): Item | undefined;
  close(): Promise<void>;
}

function createCursor<Item extends { readonly pointId: string }>(
  pages: AsyncIterable<readonly Item[]>,
  what: string,
): Cursor<Item> {
  const source = pages[Symbol.asyncIterator]();
  let page: readonly Item[] = [];
  let at = 0;
  let isOver = false;
  let before: string | undefined;
  const isPageRead = (): boolean => at === page.length && !isOver;
  return {
    isPageRead,
    async turnPage() {
      while (isPageRead()) {
        const next = await source.next();
        isOver = next.done === true;
        page = next.done === true ? [] : next.value;
        at = 0;
      }
    },
    pointId: () => page[at]?.pointId,
    take(pointId) {
      const item = page[at];
      if (item?.pointId !== pointId) return undefined;
      invariant(before === undefined || before < pointId, `${what} does not give its ids in order`);
      before = pointId;
      at += 1;
      return item;
    },
    async close() {
      await source.return?.();
    },
  };
}

function least(...ids: readonly (string | undefined)[]): string | undefined {
  let found: string | undefined;
  for (const id of ids) if (id !== undefined && (found === undefined || id < found)) found = id;
  return found;
}
