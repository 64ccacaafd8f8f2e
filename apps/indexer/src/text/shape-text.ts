/** Shapes that are no format of a tool, in words; the others have the names of docs/shapes.md. */
const WORDS: Readonly<Record<string, string>> = {
  container: 'records in a list of an object',
  fields: 'records with the fields that were named',
  general: 'records with their fields under usual names',
  keyed: 'an object of records by their ids',
  lockstep: "Lockstep's own records",
  parts: 'documents that hold lists of parts',
  strings: 'a list of texts',
};

/** As what an input was read, as words after "read as". */
export function shapeText(shape: string): string {
  return WORDS[shape] ?? shape;
}
