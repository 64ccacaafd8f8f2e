import { describe, expect, it } from 'vitest';
import { fitTokens } from './fit-tokens.ts';
import { embeddingKeyOf } from '../identity.ts';
import { isMean, sentTexts, sentUnderKey } from './sent-texts.ts';
import type { TextMeasure } from './text-windows.ts';

const identity = { model: 'm', host: null, dimensions: 8 };
const countTokens = (text: string) => text.split(' ').filter((word) => word !== '').length;
const measure: TextMeasure = {
  identity,
  inputTokensMax: 10,
  countTokens,
  tokensOver: (text) => (countTokens(text) > 10 ? countTokens(text) : undefined),
  fit: (text) => fitTokens(text, 10, countTokens),
};

const LONG = Array.from({ length: 25 }, (_, at) => `word${at}`).join(' ');
const long = { text: LONG, tokens: 25 };

describe('what is sent', () => {
  it('is the text itself where it is not too long, whatever becomes of others', () => {
    const key = embeddingKeyOf(identity, 'short');
    for (const mode of ['windows', 'truncate', 'reject'] as const) {
      const sent = sentTexts(measure, { text: 'short', tokens: undefined }, mode);
      expect(sent).toEqual({ key, parts: [{ key, text: 'short' }] });
      expect(sent && isMean(sent)).toBe(false);
    }
  });

  it('of a text that is too long is nothing, its beginning, or all of it in windows, each under its own key', () => {
    expect(sentTexts(measure, long, 'reject')).toBeUndefined();
    const beginning = sentTexts(measure, long, 'truncate');
    expect(beginning?.parts.map(({ key }) => key)).toEqual([beginning?.key]);
    expect(beginning?.key).toBe(embeddingKeyOf(identity, measure.fit(LONG)));
    const whole = sentTexts(measure, long, 'windows');
    expect(whole && isMean(whole)).toBe(true);
    for (const { key, text } of whole?.parts ?? []) expect(key).toBe(embeddingKeyOf(identity, text));
    expect(new Set([whole?.key, beginning?.key, ...(whole?.parts ?? []).map(({ key }) => key)]).size).toBe(
      2 + Number(whole?.parts.length),
    );
  });

  it('is found again from the text and its key, and from no other key', () => {
    for (const mode of ['windows', 'truncate'] as const) {
      const sent = sentTexts(measure, long, mode);
      expect(sentUnderKey(measure, LONG, sent?.key ?? '')).toEqual(sent);
      expect(sentUnderKey(measure, `other ${LONG}`, sent?.key ?? '')).toBeUndefined();
    }
    expect(sentUnderKey(measure, 'short', embeddingKeyOf(identity, 'short'))?.parts).toHaveLength(1);
    expect(sentUnderKey(measure, 'short', embeddingKeyOf(identity, 'other'))).toBeUndefined();
  });

  it('of an awful lot of text is its beginning or nothing', () => {
    const book = { text: 'word '.repeat(1_000), tokens: 1_000 };
    expect(sentTexts(measure, book, 'windows')).toBeUndefined();
    expect(sentTexts(measure, book, 'truncate')?.parts).toHaveLength(1);
  });
});
