/** A terminal that lines can be taken back from. */
export interface RegionStream {
  /** Width in characters. @default 80 */
  readonly columns?: number | undefined;
  /** Height in lines. @default 24 */
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** Lines at the end of a terminal that change in place. */
export interface LiveRegion {
  /** Draws them anew, in place of those that stand there. */
  draw(): void;
  /** Takes them off, and then lets something else be written where they stood; `draw` puts them back. */
  clear(): void;
}

/** A terminal shows what is between these at once, if it knows them, and else ignores them. */
const AT_ONCE = ['\u001B[?2026h', '\u001B[?2026l'] as const;

/**
 * Keeps the lines of `content` at the end of a terminal. Lines are cut to its width, so that each takes one row; those that do
 * not fit its height are only counted. Where the terminal was made narrower, its rows that were drawn before have been broken into
 * several, which are counted as such: they are taken off all the same.
 */
export function createLiveRegion(stream: RegionStream, content: (columns: number) => readonly string[]): LiveRegion {
  /** Widths of the lines that stand there. */
  let drawn: readonly number[] = [];
  const columns = (): number => stream.columns || 80;

  function removal(): string {
    if (drawn.length === 0) return '';
    const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns())), 0);
    drawn = [];
    return `\r\u001B[${Math.min(rows, (stream.rows || 24) - 1)}A\u001B[J`;
  }

  return {
    draw() {
      const linesMax = Math.max(1, (stream.rows || 24) - 2);
      const all = content(columns());
      const lines =
        all.length <= linesMax ? all : [...all.slice(0, linesMax - 1), `and ${all.length - linesMax + 1} more`];
      const taken = removal();
      if (taken === '' && lines.length === 0) return;
      stream.write(`${AT_ONCE[0]}${taken}${lines.map((line) => `${line}\n`).join('')}${AT_ONCE[1]}`);
      drawn = lines.map((line) => line.length);
    },
    clear() {
      const taken = removal();
      if (taken !== '') stream.write(taken);
    },
  };
}
