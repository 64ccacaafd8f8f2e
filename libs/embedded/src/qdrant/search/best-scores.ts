/** A slot and its score. */
export interface Scored {
  readonly slot: number;
  readonly score: number;
}

/** The `size` best of many scores, in a heap whose root is the worst one. Of equal scores the lower slot is better. */
export class BestScores {
  readonly #size: number;
  readonly #heap: Scored[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Adds a score if it is among the best. */
  offer(slot: number, score: number): void {
    const heap = this.#heap;
    const root = heap[0];
    if (heap.length < this.#size) {
      heap.push({ slot, score });
      this.#rise(heap.length - 1);
    } else if (root !== undefined && isWorse(root, { slot, score })) {
      heap[0] = { slot, score };
      this.#sink();
    }
  }

  /** The best scores, best first. */
  sorted(): Scored[] {
    return this.#heap.toSorted((a, b) => (isWorse(a, b) ? 1 : -1));
  }

  #rise(from: number): void {
    for (let child = from; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfWorse(child, parent)) return;
      child = parent;
    }
  }

  #sink(): void {
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      if (a === undefined) return;
      const child = b !== undefined && isWorse(b, a) ? left + 1 : left;
      if (!this.#swapIfWorse(child, parent)) return;
      parent = child;
    }
  }

  #swapIfWorse(child: number, parent: number): boolean {
    const [a, b] = [this.#heap[child], this.#heap[parent]];
    if (a === undefined || b === undefined || !isWorse(a, b)) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }
}

function isWorse(a: Scored, b: Scored): boolean {
  return a.score < b.score || (a.score === b.score && a.slot > b.slot);
}
