/** A text of at most `unitsMax` UTF-16 units; of a longer one its beginning, with `…` for the rest. Never cuts a letter in two. */
export function shortened(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const isPair = /[\uD800-\uDBFF]/.test(text.charAt(unitsMax - 2));
  return `${text.slice(0, unitsMax - (isPair ? 2 : 1))}…`;
}
