import { wrapWords } from '../terminal/fitted.ts';
import { styled, type ColourChoice } from '../terminal/wants-colour.ts';

/** Where a page of help is shown. */
export interface PageTarget extends ColourChoice {
  /** Width in characters. @default 80, where it is no terminal */
  readonly columns?: number | undefined;
}

/** A part of a page: a title, and what stands under it. */
export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** A term and what it means. */
export interface Entry {
  readonly term: string;
  readonly meaning: string;
}

const COLUMNS = { min: 40, max: 200, default: 80 } as const;

/** Below this width a meaning stands under its term. */
const BESIDE_MIN = 70;

/** Longer terms have a line of their own. */
const TERM_MAX = 26;

/** Longer lines are hard to read. */
const MEANING_MAX = 100;

/** A page of help that fits its terminal, from 40 to 200 columns. Words that are longer than a line are not cut. */
export function renderPage(
  { head, sections }: { readonly head: string; readonly sections: readonly Section[] },
  target: PageTarget,
): string {
  const width = Math.min(Math.max(target.columns || COLUMNS.default, COLUMNS.min), COLUMNS.max);
  const terms = sections.flatMap(({ entries }) => entries.map(({ term }) => term.length));
  const column = Math.min(Math.max(...terms), TERM_MAX) + 4;
  const parts = sections.map(({ title, entries }) => {
    const lines = entries.flatMap((entry) => entryLines(entry, width, column, target));
    return [styled('bold', title, target), ...lines].join('\n');
  });
  return [wrapWords(head, Math.min(width, MEANING_MAX)).join('\n'), ...parts].join('\n\n');
}

function entryLines({ term, meaning }: Entry, width: number, column: number, target: PageTarget): string[] {
  const isBeside = width >= BESIDE_MIN;
  const indent = isBeside ? column : 6;
  const lines = meaning === '' ? [] : wrapWords(meaning, Math.min(width - indent, MEANING_MAX));
  if (!isBeside || term.length > column - 4 || lines.length === 0) {
    const typed = wrapWords(term, width - 4).map(
      (part, at) => `${at === 0 ? '  ' : '    '}${styled('cyan', part, target)}`,
    );
    return [...typed, ...lines.map((line) => ' '.repeat(indent) + line)];
  }
  return lines.map((line, at) =>
    at === 0
      ? `  ${styled('cyan', term, target)}${' '.repeat(column - 2 - term.length)}${line}`
      : ' '.repeat(column) + line,
  );
}
