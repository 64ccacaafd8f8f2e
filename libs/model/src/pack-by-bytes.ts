/**
 * Groups items into requests of at most `bytesMax` by a weight of each, in their order. An item that is heavier goes
 * alone.
 */
export function packByBytes<Item>(items: readonly Item[], bytesMax: number, bytesOf: (item: Item) => number): Item[][] {
  const requests: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const own = bytesOf(item);
    const last = requests.at(-1);
    if (last === undefined || bytes + own > bytesMax) {
      requests.push([item]);
      bytes = own;
    } else {
      last.push(item);
      bytes += own;
    }
  }
  return requests;
}
