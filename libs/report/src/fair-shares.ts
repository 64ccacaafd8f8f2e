/**
 * Shares out at most `limit` places: each gets all that it wants, or as much as the others that want more. What is left by those that
 * want little goes to the others.
 */
export function fairShares(wanted: readonly number[], limit: number): readonly number[] {
  const shares = wanted.map(() => 0);
  const inOrder = wanted.map((want, at) => ({ want, at })).toSorted((a, b) => a.want - b.want);
  let left = limit;
  inOrder.forEach(({ want, at }, served) => {
    const share = Math.min(want, Math.floor(left / (inOrder.length - served)));
    shares[at] = share;
    left -= share;
  });
  return shares;
}
