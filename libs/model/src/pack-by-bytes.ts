/**
 * Groups items, in their order, into requests of at most `bytesMax`. An item that is larger has a request of its own.
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
