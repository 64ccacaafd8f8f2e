/** Names that a message suggests. */
const NEAR_MAX = 3;

/**
 * The names that differ least from one that does not exist, whatever their letter case, or a part of which does: `title` is
 * near `chapter_title`. At most three; none where too many letters differ.
 */
export function nearNames(name: string, names: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase();
  const farthest = Math.max(1, Math.floor(wanted.length / 3));
  const all = names
    .map((each) => {
      const parts = [each, ...each.split(/[._-]/)].filter((part) => part !== '');
      return { each, distance: Math.min(...parts.map((part) => editDistance(wanted, part.toLowerCase()))) };
    })
    .filter(({ distance }) => distance <= farthest)
    .toSorted((a, b) => a.distance - b.distance);
  // Beside a name that differs by one letter, one that differs by four was not meant.
  const [nearest = { distance: 0 }] = all;
  return all
    .filter(({ distance }) => distance <= 2 * nearest.distance)
    .slice(0, NEAR_MAX)
    .map(({ each }) => each);
}

/**
 * A sentence that asks whether one of the near names was meant, after a space; empty where none is near.
 *
 * @param show how a name is typed. @default in quotes
 */
export function didYouMean(
  name: string,
  names: readonly string[],
  show: (near: string) => string = (near) => JSON.stringify(near),
): string {
  const near = nearNames(name, names);
  return near.length === 0 ? '' : ` Did you mean ${near.map((each) => show(each)).join(' or ')}?`;
}

/** How many letters must be inserted, removed, replaced or swapped with their neighbour to make one text of the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= to.length; at += 1) {
      const isSame = from[row - 1] === to[at - 1];
      const isSwapped = row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1];
      current[at] = Math.min(
        (last[at] ?? 0) + 1,
        (current[at - 1] ?? 0) + 1,
        (last[at - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[at - 2] ?? 0) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
