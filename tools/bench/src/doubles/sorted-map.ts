/** A map that is read in the order of its keys. Sorting is put off until it is read. */
export interface SortedMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  clear(): void;
  /** Values in the order of their keys, from `first` on, or after it, or from the start. */
  values(range?: { readonly first?: string; readonly after?: string }): Generator<Value>;
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
    clear() {
      map.clear();
      keys = undefined;
    },
    *values({ first, after } = {}) {
      const sorted = (keys ??= [...map.keys()].sort());
      let at = before(sorted, first ?? after ?? '');
      if (after !== undefined && sorted[at] === after) at += 1;
      for (; at < sorted.length; at += 1) yield map.get(sorted[at] as string) as Value;
    },
  };
}
