/** Longest text that is shown, in UTF-16 units. */
const UNITS_MAX = 300;

/** Control characters, and those that change the direction of text: with them a terminal can show a different text. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSEEN = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/** A text from a file or a path, made safe for messages: on one line, short, and without control characters. */
export function printable(text: string): string {
  const short = text.length > UNITS_MAX ? `${text.slice(0, UNITS_MAX)}...` : text;
  return withoutControls(short);
}

/**
 * A text without characters that a terminal does not show as they are, and without `##[`, with which a command to the runner of a
 * GitHub workflow begins anywhere in a line of its log.
 * *Source*: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs, 2026-12.
 */
export function withoutControls(text: string): string {
  return text
    .replaceAll(UNSEEN, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('##[', '##\\u005b');
}
