/**
 * The longest beginning of a text that has at most `max` tokens, by halving; it ends at a whole character. A text's
 * beginnings have about as many tokens as they are long, so that counting some of them finds the longest.
 */
export function fitTokens(text: string, max: number, countTokens: (text: string) => number): string {
  if (countTokens(text) <= max) return text;
  let fits = 0;
  let tooLong = text.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >>> 1;
    if (countTokens(beginning(text, middle)) <= max) fits = middle;
    else tooLong = middle;
  }
  return beginning(text, fits);
}

/** So many UTF-16 units of a text, and one less where that would cut a character in two. */
function beginning(text: string, units: number): string {
  const last = text.charCodeAt(units - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? units - 1 : units);
}
