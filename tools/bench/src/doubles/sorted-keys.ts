/** The keys of a map in order, sorted anew only when there are more or fewer of them. */
export function createSortedKeys(map: ReadonlyMap<string, unknown>): { from(key: string | undefined): Generator<string> } {
  let sorted: string[] = [];
  let stale = true;

  function refresh(): void {
    if (!stale && sorted.length === map.size && sorted.every((key) => map.has(key))) return;
    sorted = [...map.keys()].sort();
    stale = false;
  }

  return {
    *from(key) {
      refresh();
      let low = 0;
      let high = key === undefined ? 0 : sorted.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((sorted[middle] as string) < (key as string)) low = middle + 1;
        else high = middle;
      }
      for (let at = low; at < sorted.length; at += 1) yield sorted[at] as string;
    },
  };
}
