/** Numbers of a hash: 53 bits, all that a double holds exactly. */
const HASH_DIGITS = 13;

/** Share of the slots that are in use, at most; more make looking slow. */
const FULL = 0.6;

/**
 * Which texts were met before, by the first 53 bits of their hashes: 16 to 32 bytes of memory a text. Of a million texts
 * one is taken for another with a probability of less than 1 to 10,000.
 */
export function createTextSet() {
  let slots = new Float64Array(1024);
  let count = 0;

  function slotOf(hash: number, table: Float64Array): number {
    let at = hash % table.length;
    while (table[at] !== 0 && table[at] !== hash) at = (at + 1) % table.length;
    return at;
  }

  function grow(): void {
    const larger = new Float64Array(slots.length * 2);
    for (const hash of slots) if (hash !== 0) larger[slotOf(hash, larger)] = hash;
    slots = larger;
  }

  return {
    /** Adds a text by its hash in hexadecimal digits. Returns false if it is there already. */
    add(hexHash: string): boolean {
      // 0 marks a free slot.
      const hash = Number.parseInt(hexHash.slice(0, HASH_DIGITS), 16) + 1;
      const at = slotOf(hash, slots);
      if (slots[at] === hash) return false;
      slots[at] = hash;
      count += 1;
      if (count > slots.length * FULL) grow();
      return true;
    },
    count: () => count,
  };
}
