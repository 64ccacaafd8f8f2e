/**
 * Names of corpora that a count by corpus could mix up, lose or sort differently, in the order of their UTF-16 code units.
 * A `corpus.json` does not accept all of them; a store may contain them.
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
