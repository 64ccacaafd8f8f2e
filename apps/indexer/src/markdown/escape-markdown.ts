import { withoutControls } from '../terminal/printable.ts';

/** Longest texts from elsewhere that are shown, in UTF-16 units. */
const CODE_MAX = 120;
const PROSE_MAX = 1500;

/** Characters that mean nothing in Markdown and HTML, wherever they stand. */
const PLAIN = /[^A-Za-z0-9 ,;()%'"=\u00A0-\uFFFF-]/g;

/** A text from a file or a service as code: in a table cell too it is shown as it is, and links and mentions nothing. */
export function code(text: string): string {
  return `<code>${escaped(shortened(text, CODE_MAX))}</code>`;
}

/** A message as prose. What looks like a mention or a reference is shown, and is none. */
export function prose(text: string): string {
  return escaped(shortened(text, PROSE_MAX)).replaceAll(/&#(64|35);/g, '&#$1;&#8288;');
}

/** One row of a table; the cells are Markdown. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A table whose first column is text, and whose other columns are numbers where `numbers` says so. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[],
): string {
  const rule = head.map((_, at) => (numbers.includes(at) ? '---:' : '---'));
  return [head, rule, ...rows].map(tableRow).join('\n');
}

/** A paragraph that GitHub shows in a box of its own. The text is Markdown of one line. */
export function alert(kind: 'CAUTION' | 'WARNING', text: string): string {
  return `> [!${kind}]\n> ${text}`;
}

/** Text that a reader can unfold. */
export function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}...` : text;
}

/** Entities are never part of the structure of Markdown (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references, 2024-01). */
function escaped(text: string): string {
  return withoutControls(text).replaceAll(PLAIN, (unit, at: number, whole: string) =>
    // A full stop at the end of a word is one; within a word it may be part of an address.
    unit === '.' && !/\w/.test(whole.charAt(at + 1)) ? unit : `&#${unit.charCodeAt(0)};`,
  );
}
