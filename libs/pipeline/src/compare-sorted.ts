import { invariant, type WantedChunk } from '@lockstep/model';
import type { HeldRecord } from './chunk-line.ts';

/** What stands at one point id: what the corpus wants there, whether it is held, and what the store has. */
export interface Aligned<Actual> {
  readonly pointId: string;
  readonly wanted: WantedChunk | undefined;
  readonly held: HeldRecord | undefined;
  readonly actual: Actual | undefined;
}

/**
 * Walks what a corpus wants and what a store holds side by side, in the order of their point ids, so that memory does
 * not grow with the corpus. All three come sorted by point id; a store that breaks the order is an invariant error.
 */
export async function* aligned<Actual extends { readonly pointId: string }>(sources: {
  readonly wanted: AsyncIterable<WantedChunk>;
  readonly held: AsyncIterable<HeldRecord>;
  readonly actual: AsyncIterable<readonly Actual[]>;
}): AsyncGenerator<Aligned<Actual>> {
  const wanted = await cursorOf(sources.wanted, 'the chunks file');
  const held = await cursorOf(sources.held, 'the held file');
  const actual = await cursorOf(flattened(sources.actual), 'the store');
  for (;;) {
    const pointId = least(wanted.pointId(), held.pointId(), actual.pointId());
    if (pointId === undefined) return;
    yield {
      pointId,
      wanted: wanted.pointId() === pointId ? await wanted.take() : undefined,
      held: held.pointId() === pointId ? await held.take() : undefined,
      actual: actual.pointId() === pointId ? await actual.take() : undefined,
    };
  }
}

interface Cursor<Item> {
  /** Point id of the next item; undefined at the end. */
  pointId(): string | undefined;
  take(): Promise<Item>;
}

async function cursorOf<Item extends { readonly pointId: string }>(
  items: AsyncIterable<Item>,
  what: string,
): Promise<Cursor<Item>> {
  const source = items[Symbol.asyncIterator]();
  let next = await source.next();
  return {
    pointId: () => (next.done === true ? undefined : next.value.pointId),
    async take() {
      const item = next.value as Item;
      next = await source.next();
      invariant(next.done === true || next.value.pointId > item.pointId, `${what} does not give its ids in order`);
      return item;
    },
  };
}

async function* flattened<Item>(pages: AsyncIterable<readonly Item[]>): AsyncGenerator<Item> {
  for await (const page of pages) yield* page;
}

function least(...ids: readonly (string | undefined)[]): string | undefined {
  let found: string | undefined;
  for (const id of ids) if (id !== undefined && (found === undefined || id < found)) found = id;
  return found;
}
