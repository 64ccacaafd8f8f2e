import { wrapAnsi } from 'fast-wrap-ansi';

/** What a stream tells of its terminal, if it is one. */
export interface TextTarget {
  readonly isTTY?: boolean | undefined;
  /** Width in characters. @default 80 */
  readonly columns?: number | undefined;
}

/** Widest label whose text goes on under its first line. */
const LABEL_MAX = 16;

/** A label in a column of its own, with the blanks around it. */
const LABEL = /^ {2,}\S+(?: \S+)? {2,}(?=\S)/;

/**
 * A text as it is shown on a stream: in a terminal its lines are broken between words, and go on with an indent. Elsewhere, and in a task of Nx, which passes
 * on what it prints, it stays as it is, with one fact a line.
 */
export function fitted(
  text: string,
  target: TextTarget,
  { NX_TASK_TARGET_PROJECT: task }: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return target.isTTY === true && task === undefined ? wrapText(text, target.columns || 80) : text;
}

/** A text whose lines are broken between words where they are wider; a word that is wider than a line is not cut. */
export function wrapText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const label = LABEL.exec(line)?.[0] ?? '';
  const isLabelled = label.length > 0 && label.length <= LABEL_MAX;
  const lead = isLabelled ? label : (/^ */.exec(line)?.[0] ?? '');
  const indent = Math.min(isLabelled ? lead.length : lead.length + 2, Math.floor(columns / 2));
  const rest = line.slice(lead.length);
  const [first = '', ...more] = wrapWords(rest, columns - lead.length);
  if (more.length === 0) return line;
  return [
    `${lead}${first}`,
    ...wrapWords(more.join(' '), columns - indent).map((part) => `${' '.repeat(indent)}${part}`),
  ].join('\n');
}

/** The lines of one line of text, broken between words. */
export function wrapWords(text: string, columns: number): string[] {
  return wrapAnsi(text, Math.max(1, columns)).split('\n');
}
