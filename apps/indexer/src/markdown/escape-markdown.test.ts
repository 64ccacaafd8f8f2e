import { expect, it } from 'vitest';
import { code, prose, table } from './escape-markdown.ts';

const HOSTILE = 'a|b `c` <img src=x> **d** [e](https://f.example) @octocat #12 _g_ ~h~ $i$ \\|';

it.each([
  ['code', code],
  ['prose', prose],
])('%s of a hostile text has no character that ends a cell or means something in Markdown or HTML', (_name, shown) => {
  const inner = shown(HOSTILE).replace(/^<code>|<\/code>$/g, '');
  expect(inner.replaceAll(/&#\d+;/g, '')).not.toMatch(/[|`<>*[\]@#_~$\\/:!]/);
  const decoded = inner.replaceAll(/&#(\d+);/g, (_all, unit) => String.fromCharCode(Number(unit)));
  expect(decoded.replaceAll('\u2060', '')).toBe(HOSTILE);
});

it('a mention or a reference in prose is broken by a character without width', () => {
  expect(prose('@octocat and #12')).toBe('&#64;&#8288;octocat and &#35;&#8288;12');
});

it('line ends, control characters and characters that turn the direction of text are shown as escapes', () => {
  const shown = code('a\n\r\t\u0000\u202Eb\u2028');
  expect(shown).not.toMatch(/[^\u0020-\u007E]/);
  expect(shown.replaceAll('&#92;', '\\')).toBe(String.raw`<code>a\u000a\u000d\u0009\u0000\u202eb\u2028</code>`);
});

it('a long text is cut', () => {
  expect(code('x'.repeat(5000))).toBe(`<code>${'x'.repeat(120)}...</code>`);
});

it('a table has one line a row and as many cells as its head', () => {
  expect(table(['name', 'count'], [[code('a|b\nc'), '1']], [1])).toBe(
    '| name | count |\n| --- | ---: |\n| <code>a&#124;b&#92;u000ac</code> | 1 |',
  );
});
