/** UTF-16 units that are shown. */
const UNITS_MAX = 300;

/** Control characters, and those that turn the direction of what follows: they make a terminal show other than what stands there. */
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/** A piece of a user's file or path for a message: harmless to a terminal, on one line, and short whatever its length. */
export function printable(text: string): string {
  const short = text.length > UNITS_MAX ? `${text.slice(0, UNITS_MAX)}...` : text;
  return short.replaceAll(UNSEEN, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
