import { table, tableRow } from './escape-markdown.ts';

/**
 * Longest comment, in characters, with some left for what a workflow adds; GitHub takes 65,536
 * (https://github.com/mshick/add-pr-comment/issues/93, 2023-05).
 */
export const COMMENT_MAX = 65_000;

/** Characters of the table of all corpora. */
const TABLE_MAX = 20_000;

/** Characters of the note about what was left out. */
const NOTE_MAX = 500;

/** What is said of one corpus, as Markdown. */
export interface CorpusSection {
  /** What is shown first when there is no room for all: 0 a failure, 1 a refusal, 2 a warning, 3 changes, 4 nothing to do. */
  readonly rank: 0 | 1 | 2 | 3 | 4;
  /** Its cells in the table of all corpora. */
  readonly row: readonly string[];
  /** Heading, table and warnings; empty where the row says all. */
  readonly body: string;
  /** Foldable lists; empty where there are none. */
  readonly details: string;
}

export interface CommentOptions {
  /** The command that shows one corpus whole. */
  readonly command: string;
  /** First lines, with the sums. */
  readonly head: string;
  readonly columns: readonly string[];
  /** Columns with numbers. */
  readonly numbers: readonly number[];
  readonly sections: readonly CorpusSection[];
}

/**
 * A comment for a pull request of at most `COMMENT_MAX` characters. Where not everything fits, failures, refusals and
 * warnings come before changes, and the end says how much was left out.
 */
export function pullRequestComment({ command, head, columns, numbers, sections }: CommentOptions): string {
  const byRank = [...sections.keys()].sort((a, b) => (sections[a]?.rank ?? 0) - (sections[b]?.rank ?? 0) || a - b);
  let left = COMMENT_MAX - NOTE_MAX - head.length - table(columns, [], numbers).length;

  /** Those of the sections whose text fits, in the order of rank; one that does not fit leaves room for shorter ones. */
  function fitting(textOf: (section: CorpusSection) => string, max: number): Set<number> {
    const fits = new Set<number>();
    let room = Math.min(max, left);
    for (const at of byRank) {
      const { length } = textOf(sections[at] as CorpusSection);
      if (length === 0 || length + 2 > room) continue;
      room -= length + 2;
      left -= length + 2;
      fits.add(at);
    }
    return fits;
  }

  const rows = fitting((section) => tableRow(section.row), TABLE_MAX);
  const bodies = fitting((section) => section.body, Infinity);
  const details = fitting((section) => section.details, Infinity);
  const lacks = (fits: Set<number>, part: 'body' | 'details'): number =>
    sections.filter((section, at) => section[part] !== '' && !fits.has(at)).length;
  const missing = [
    [sections.length - rows.size, 'rows of the table'],
    [lacks(bodies, 'body'), 'sections'],
    [lacks(details, 'details'), 'lists of details'],
  ].filter(([count]) => count !== 0);
  return [
    head,
    table(
      columns,
      sections.flatMap(({ row }, at) => (rows.has(at) ? [row] : [])),
      numbers,
    ),
    ...sections.flatMap(({ body, details: list }, at) => [
      ...(bodies.has(at) ? [body] : []),
      ...(details.has(at) ? [list] : []),
    ]),
    ...(missing.length === 0
      ? []
      : [
          `**Left out**, since a comment has at most ${COMMENT_MAX} characters: ${missing.map(([count, what]) => `${count} ${what}`).join(', ')}. \`indexer ${command} NAME\` shows one corpus whole.`,
        ]),
  ].join('\n\n');
}
