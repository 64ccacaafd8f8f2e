/** A map that is read in the order of its keys. Sorting is put off until it is read. */
export interface SortedMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  /** Values in the order of their keys, from `first` on, or from the start. */
  values(first?: string): Generator<Value>;
}

export function createSortedMap<Value>(): SortedMap<Value> {
  const map = new Map<string, Value>();
  let keys: string[] | undefined;

  /** How many keys come before `wanted`. */
  function before(sorted: readonly string[], wanted: string): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as string) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    get: (key) => map.get(key),
    set(key, value) {
      if (!map.has(key)) keys = undefined;
      map.set(key, value);
    },
    delete(key) {
      if (map.delete(key)) keys = undefined;
    },
    *values(first = '') {
      const sorted = (keys ??= [...map.keys()].sort());
      for (let at = before(sorted, first); at < sorted.length; at += 1) yield map.get(sorted[at] as string) as Value;
    },
  };
}
