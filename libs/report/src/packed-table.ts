/** A column: a value for each row. Equal values stand once. */
interface PackedColumn {
  readonly values: readonly CellValue[];
  /** For each row the place of its value. */
  readonly at: readonly number[];
}

export type CellValue = string | number | null;

/** The columns of a table by name, each as long as the others. */
export type Columns<Name extends string> = Readonly<Record<Name, readonly CellValue[]>>;

/** A table in little space. */
export interface PackedTable {
  readonly rows: number;
  /** JSON of its columns in UTF-8, deflated without a header (RFC 1951), in base64. */
  readonly deflated: string;
}

/** Packs a table. `deflate` is the caller's: what a program has for it is faster than what a page has. */
export async function packTable(
  columns: Columns<string>,
  deflate: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
): Promise<PackedTable> {
  const packed = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, packColumn(values)]));
  const rows = Object.values(columns)[0]?.length ?? 0;
  return { rows, deflated: base64Of(await deflate(new TextEncoder().encode(JSON.stringify(packed)))) };
}

/** Unpacks a table. Fails with an `Error` for one that lacks a column, or has one of another length. */
export async function unpackTable<Name extends string>(
  { rows, deflated }: PackedTable,
  names: readonly Name[],
): Promise<Columns<Name>> {
  if (rows === 0) return Object.fromEntries(names.map((name) => [name, []])) as unknown as Columns<Name>;
  const bytes = Uint8Array.from(atob(deflated), (letter) => letter.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const packed = JSON.parse(await new Response(inflated).text()) as Readonly<Record<string, PackedColumn>>;
  return Object.fromEntries(
    names.map((name) => {
      const column = packed[name];
      if (column?.at.length !== rows) throw new Error(`Expected ${rows} values in the column ${name}.`);
      return [name, column.at.map((at) => column.values[at] ?? null)];
    }),
  ) as unknown as Columns<Name>;
}

function packColumn(values: readonly CellValue[]): PackedColumn {
  const places = new Map<CellValue, number>();
  const at = values.map((value) => {
    const known = places.get(value);
    if (known !== undefined) return known;
    places.set(value, places.size);
    return places.size - 1;
  });
  return { values: [...places.keys()], at };
}

/** Bytes that are turned into letters at once: arguments of a call are limited. */
const BLOCK_BYTES = 32 * 1024;

function base64Of(bytes: Uint8Array): string {
  let letters = '';
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    letters += String.fromCharCode(...bytes.subarray(from, from + BLOCK_BYTES));
  }
  return btoa(letters);
}
