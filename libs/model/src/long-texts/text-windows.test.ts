import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTokens } from './fit-tokens.ts';
import { textWindows, WINDOWS_MAX, windowShape, type TextMeasure } from './text-windows.ts';

function measureOf(inputTokensMax: number, countTokens: (text: string) => number): TextMeasure {
  return {
    identity: { model: 'm', host: null, dimensions: 8 },
    inputTokensMax,
    countTokens,
    tokensOver(text) {
      const tokens = countTokens(text);
      return tokens > inputTokensMax ? tokens : undefined;
    },
    fit: (text) => fitTokens(text, inputTokensMax, countTokens),
  };
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

/** Ways to count tokens: by words; by characters; and as a model does for which a long word is one unknown token. */
const COUNTERS: readonly [string, (text: string) => number][] = [
  ['words', (text) => words(text).length],
  ['characters', (text) => [...text].length],
  ['pieces of words', (text) => words(text).reduce((sum, word) => sum + (word.length > 20 ? 1 : word.length), 2)],
];

/** Fails where a character is in no window. A window of a text that repeats itself may stand in several places. */
function expectCovered(text: string, windows: readonly { readonly text: string }[]): void {
  let ends = new Set([0]);
  for (const { text: window } of windows) {
    const next = new Set<number>();
    for (const end of ends) {
      for (let at = Math.max(0, end - window.length + 1); at <= end; at += 1)
        if (text.startsWith(window, at)) next.add(at + window.length);
    }
    ends = next;
  }
  expect(ends).toContain(text.length);
}

describe.each(COUNTERS)('windows, with tokens counted by %s,', (_name, countTokens) => {
  it('cover every character of a text, have at most as many tokens as the model reads, and cut no character', () => {
    const word = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 9 }), fc.constantFrom('x'.repeat(30), '🐋', '\n\n'));
    const text = fc.array(word, { maxLength: 200 }).chain((all) => fc.constantFrom(all.join(' '), all.join('')));
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 50 }), (long, max) => {
        const measure = measureOf(max, countTokens);
        const tokens = measure.tokensOver(long);
        fc.pre(tokens !== undefined);
        const windows = textWindows(measure, long, tokens);
        if (windows === undefined) return;
        expect(windows.length).toBeGreaterThan(1);
        expect(windows.length).toBeLessThanOrEqual(WINDOWS_MAX);
        for (const window of windows) {
          expect(window.tokens).toBe(countTokens(window.text));
          expect(window.tokens).toBeLessThanOrEqual(max);
          expect(window.text.isWellFormed()).toBe(true);
        }
        expectCovered(long, windows);
        expect(textWindows(measure, long, tokens)).toEqual(windows);
      }),
      { numRuns: 500 },
    );
  });
});

describe('windows', () => {
  const measure = measureOf(256, (text) => words(text).length);
  const text = Array.from({ length: 1_000 }, (_, at) => `word${at}`).join(' ');

  it('are nearly as large as may be, cut at white space, and have about a tenth in common', () => {
    const windows = textWindows(measure, text, 1_000) ?? [];
    expect(windows).toHaveLength(5);
    expect(windows.flatMap(({ text: window }) => words(window)).every((word) => text.includes(`${word}`))).toBe(true);
    const numbers = windows.map(({ text: window }) => words(window).map((word) => Number(word.slice('word'.length))));
    for (const [at, own] of numbers.entries()) {
      // Numbers in a row: no word was cut.
      expect(own).toEqual(Array.from(own, (_, offset) => (own[0] as number) + offset));
      if (at === numbers.length - 1) continue;
      expect(own.length).toBeGreaterThan(225);
      const common = (own.at(-1) as number) - (numbers[at + 1]?.[0] as number) + 1;
      expect(common).toBeGreaterThanOrEqual(20);
      expect(common).toBeLessThanOrEqual(26);
    }
  });

  it('stay the same where only the end of the text is another', () => {
    const before = textWindows(measure, text, 1_000) ?? [];
    const after = textWindows(measure, `${text}${' and'.repeat(400)}`, 1_400) ?? [];
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });

  it('are at most 64: a text that takes more has none', () => {
    const most = 'word '.repeat(13_000);
    expect(textWindows(measure, most, 13_000)?.length).toBeLessThanOrEqual(WINDOWS_MAX);
    expect(textWindows(measure, 'word '.repeat(16_000), 16_000)).toBeUndefined();
    expect(textWindows(measure, 'word '.repeat(100_000), 100_000)).toBeUndefined();
  });

  it('are few counts of tokens away, also where the text is large', () => {
    let counted = 0;
    const counting = measureOf(8192, (part) => {
      counted += part.length;
      return Math.ceil(part.length / 4);
    });
    const large = 'some words '.repeat(100_000);
    expect(textWindows(counting, large, Math.ceil(large.length / 4))).toHaveLength(36);
    expect(counted).toBeLessThan(large.length * 1.5);
  });

  it('have a tenth in common, but no more than 64 tokens', () => {
    expect(windowShape(256)).toEqual({ windowTokens: 256, overlapTokens: 25 });
    expect(windowShape(8192)).toEqual({ windowTokens: 8192, overlapTokens: 64 });
  });
});
