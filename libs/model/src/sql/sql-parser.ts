type Parser = (text: string) => unknown;

/**
 * Parsers by the id of the type. Source:
 * https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
 */
const PARSERS: Readonly<Record<number, Parser>> = {
  // bool
  16: (text) => text === 't',
  // int2, int4, float4, float8: a double holds each of them
  21: Number,
  23: Number,
  700: Number,
  701: Number,
  // json, jsonb
  114: JSON.parse,
  3802: JSON.parse,
};

const unchanged: Parser = (text) => text;

/**
 * Returns the parser for values of one type, from the text that Postgres sends; it is the same for every client. Types
 * that JavaScript cannot represent exactly stay text: int8, numeric, dates and times, arrays, bytes.
 */
export function sqlParser(typeId: number): Parser {
  return PARSERS[typeId] ?? unchanged;
}
