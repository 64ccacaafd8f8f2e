import type { JsonObject, JsonValue } from '@lockstep/model';

/** Texts that some layer above the disk is known to alter, split or refuse. */
export const AWKWARD_TEXTS: readonly string[] = [
  '',
  ' leading and trailing ',
  `it's "quoted" and ''doubled''`,
  'C:\\new\\table \\u0041 \\x41 \\',
  '{"a",NULL,\\"b\\"}',
  'NULL',
  '$1 $$ $body$ ; drop table x; -- /* %s %I */',
  'line\nfeed\r\ntab\tbell\u0007 escape\u001b delete\u007f',
  '\uFEFFafter a byte order mark',
  'Grüße, 日本語, العربية, 👩‍👩‍👧‍👦 \u{1F600} \u{10FFFF}',
  'e\u0301 is not \u00E9',
  'a separator\u2028 and another\u2029 end',
  'x'.repeat(100_000),
];

/** Numbers at the ends of the range of a record. The last one, -0, is 0 in JSON. */
export const AWKWARD_NUMBERS: readonly number[] = [
  1e-7,
  0.1,
  -1.5,
  5e-324,
  2 ** -1022,
  1 / 3,
  2 ** 53 - 1,
  1 - 2 ** 53,
  4503599627370495.5,
  1e15,
  -0,
];

const deep = Array.from({ length: 60 }).reduce<JsonValue>(
  (inner, _, level) => (level % 2 === 0 ? { down: inner } : [inner]),
  'bottom',
);

/** Metadata with awkward keys, texts and numbers, empty values, nulls and 60 levels of nesting. */
export const AWKWARD_OBJECT: JsonObject = {
  ...Object.fromEntries(AWKWARD_TEXTS.filter((text) => text.length < 1_000).map((text) => [text, text])),
  numbers: [...AWKWARD_NUMBERS],
  empty: { object: {}, array: [], text: '', nested: [[], [{}], [[]]] },
  nothing: null,
  flags: [true, false, null],
  constructor: 'a key of every object',
  '2': 'a key that sorts first',
  '10': 'and one that does not sort by value',
  deep,
};
