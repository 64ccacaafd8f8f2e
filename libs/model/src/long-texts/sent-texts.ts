import type { OverlongMode } from '../corpus-config.ts';
import { embeddingKeyOf, windowsKeyOf } from '../identity.ts';
import { textWindows, windowShape, type TextMeasure } from './text-windows.ts';

/** One text as it is sent to the service, with the key under which its vector is kept. */
export interface SentPart {
  readonly key: string;
  readonly text: string;
  /** Absent where they were not counted. */
  readonly tokens?: number;
}

/** What is sent for a text. */
export interface SentTexts {
  /** The key of the text's vector: of its only part, or of the mean of its windows. */
  readonly key: string;
  /** The text, its beginning, or its windows in their order. Equal windows have equal keys. */
  readonly parts: readonly SentPart[];
}

/** A text with what `tokensOver` says of it, which takes time to count. */
export interface MeasuredText {
  readonly text: string;
  readonly tokens: number | undefined;
}

/** What is sent for a text; undefined where it is too long, and is rejected. */
export function sentTexts(
  measure: TextMeasure,
  { text, tokens }: MeasuredText,
  mode: OverlongMode,
): SentTexts | undefined {
  const { identity } = measure;
  if (tokens === undefined || mode === 'truncate') {
    const sent = tokens === undefined ? text : measure.fit(text);
    const key = embeddingKeyOf(identity, sent);
    return { key, parts: [{ key, text: sent }] };
  }
  const windows = mode === 'windows' ? textWindows(measure, text, tokens) : undefined;
  return (
    windows && {
      key: windowsKeyOf(identity, windowShape(measure.inputTokensMax), text),
      parts: windows.map((window) => ({ ...window, key: embeddingKeyOf(identity, window.text) })),
    }
  );
}

/**
 * What is sent for a text whose vector has this key, whatever its corpus does with long texts by now; undefined for a
 * key of another text or another embedder.
 */
export function sentUnderKey(measure: TextMeasure, text: string, key: string): SentTexts | undefined {
  const measured = { text, tokens: measure.tokensOver(text) };
  const whole = sentTexts(measure, measured, 'windows');
  if (whole?.key === key) return whole;
  const beginning = measured.tokens === undefined ? whole : sentTexts(measure, measured, 'truncate');
  return beginning?.key === key ? beginning : undefined;
}

/** Whether the vector of a text is a mean, which is computed and not asked for. */
export function isMean({ key, parts }: SentTexts): boolean {
  return parts[0]?.key !== key;
}
