/** What may stand between cells; the first wins where two are as frequent. */
const DELIMITERS = [',', '\t', ';'] as const;

/** How the name of a column looks where nothing but the content says that this is a table. */
const COLUMN_NAME = /^"?[\p{L}_][\p{L}\p{N}_ .:/()-]{0,60}"?$/u;

/** The delimiter of a table, found from its header; undefined where that has a single cell. */
export function delimiterOf(head: string): string | undefined {
  const line = lineAt(head, 0);
  const [best] = DELIMITERS.map((delimiter) => ({ delimiter, cells: cellsIn(line, delimiter).length })).toSorted(
    (a, b) => b.cells - a.cells,
  );
  return best !== undefined && best.cells > 1 ? best.delimiter : undefined;
}

/** Whether a text is a table: names of columns in its first line, and as many cells in the second. */
export function isTable(head: string): boolean {
  const delimiter = delimiterOf(head);
  if (delimiter === undefined) return false;
  const header = lineAt(head, 0);
  const names = cellsIn(header, delimiter).map((name) => name.trim());
  // What pandas writes for an index without a name is empty.
  if (!names.every((name, at) => COLUMN_NAME.test(name) || (at === 0 && name === ''))) return false;
  const row = lineAt(head.replace(/\r\n/g, '\n'), header.length + 1);
  const cells = cellsIn(row, delimiter);
  const isOpen = (row.split('"').length - 1) % 2 === 1;
  return cells.length === names.length || (isOpen && cells.length <= names.length);
}

function lineAt(text: string, from: number): string {
  const rest = text.slice(from);
  return rest.slice(0, /\r\n|\n|\r|$/.exec(rest)?.index);
}

/** Splits at delimiters outside quotes. */
function cellsIn(line: string, delimiter: string): string[] {
  const cells: string[] = [''];
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (character === delimiter && !quoted) cells.push('');
    else cells[cells.length - 1] += character;
  }
  return cells;
}
