/**
 * The longest beginning of a text that has at most `max` tokens and ends with a whole character. Found by binary
 * search, since the number of tokens grows about with the length.
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

/** The first `units` UTF-16 units of a text, or one less so that no character is cut in two. */
function beginning(text: string, units: number): string {
  const last = text.charCodeAt(units - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? units - 1 : units);
}
