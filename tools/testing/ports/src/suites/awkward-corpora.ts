/**
 * Names of corpora that a count by corpus could mix up, drop or sort otherwise, in the order of their UTF-16 code units.
 * Not all can be written into a `corpus.json`; a store may hold them all the same.
 */
export const AWKWARD_CORPORA: readonly string[] = [
  '1',
  'A',
  'NULL',
  '__proto__',
  'a',
  'a b',
  'constructor',
  'it\'s "one"',
  'null',
  'x'.repeat(300),
  'ä',
  '\u{1D4B3}',
  '\uFF21',
];
