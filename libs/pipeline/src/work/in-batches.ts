/** Ids or keys in one lookup; that many vectors of 1,536 dimensions are about 4 MB as JSON. */
export const LOOKUP_ITEMS = 128;

/** Groups items into batches, in their order; the last one may be smaller. */
export async function* inBatches<Item>(items: AsyncIterable<Item>, size = LOOKUP_ITEMS): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
