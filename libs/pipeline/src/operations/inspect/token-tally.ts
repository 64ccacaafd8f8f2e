import {
  createTextMeasure,
  textWindows,
  WINDOWS_MAX,
  windowShape,
  type MeasuredModel,
  type OverlongMode,
} from '@lockstep/model';

/**
 * UTF-16 units of texts that are counted exactly; the embedded model's tokenizer counts about a million a second. Beyond
 * them only one in `SAMPLE_EVERY` units is counted, and the others are estimated from the bytes of a token in those.
 */
const EXACT_UNITS_MAX = 16 * 1024 * 1024;
const SAMPLE_EVERY = 64;

/** Weight of the last text among those whose bytes a token are averaged: texts of a file change on the way. */
const RECENT = 0.02;

/** What texts take of one model. */
export interface TokenTally {
  readonly model: string;
  readonly dimensions: number;
  /** Tokens that the model reads at once. */
  readonly inputTokensMax: number;
  /** Tokens of all different texts as they would be sent, overlaps of windows included. */
  readonly tokens: number;
  /** Texts with more tokens than the model reads, those that are equal counted each, and the windows that they make. */
  readonly over: { readonly texts: number; readonly windows: number };
  /** Texts of these that take more than 64 windows. */
  readonly tooLong: number;
  /** Whether every text was counted; else the numbers are estimates. */
  readonly isExact: boolean;
}

/** Counts what texts take of one model, exactly up to a bound of work, and by samples beyond it. */
export function createTokenTally(
  model: MeasuredModel,
  { mode, exactUnitsMax = EXACT_UNITS_MAX }: { readonly mode: OverlongMode; readonly exactUnitsMax?: number },
) {
  const { identity, inputTokensMax } = model;
  const { overlapTokens } = windowShape(inputTokensMax);
  /** UTF-16 units that the tokenizer was given, and those of the texts since it had its bound. */
  let countedUnits = 0;
  let unitsBeyond = 0;
  /** Tokens and bytes of the texts that were counted, the later ones with more weight. */
  let counted = { tokens: 0, bytes: 0 };
  let isExact = true;
  let tokens = 0;
  let overTexts = 0;
  let windowsOfAll = 0;
  let tooLong = 0;
  const measure = createTextMeasure({
    ...model,
    countTokens(text) {
      countedUnits += text.length;
      return model.countTokens(text);
    },
  });

  function estimated(bytes: number): number {
    return Math.max(1, Math.round((bytes * counted.tokens) / Math.max(1, counted.bytes)));
  }

  /** The windows of a text and their tokens together; undefined where there are too many. */
  function windowsOf(text: string, own: number, isCounted: boolean): { count: number; tokens: number } | undefined {
    if (isCounted) {
      const windows = textWindows(measure, text, own);
      return windows && { count: windows.length, tokens: windows.reduce((sum, each) => sum + each.tokens, 0) };
    }
    const count = Math.ceil((own - overlapTokens) / (inputTokensMax - overlapTokens));
    return count > WINDOWS_MAX ? undefined : { count, tokens: own + (count - 1) * overlapTokens };
  }

  return {
    /** Adds a text of so many UTF-8 bytes, and returns its tokens. An equal one that `isRepeated` is not sent again. */
    add(text: string, { bytes, isRepeated }: { readonly bytes: number; readonly isRepeated: boolean }): number {
      const beyond = countedUnits - exactUnitsMax;
      if (beyond >= 0) unitsBeyond += text.length;
      const isCounted = beyond * SAMPLE_EVERY < unitsBeyond;
      const own = isCounted ? measure.countTokens(text) : estimated(bytes);
      if (isCounted)
        counted = { tokens: counted.tokens * (1 - RECENT) + own, bytes: counted.bytes * (1 - RECENT) + bytes };
      else isExact = false;
      let sent = own;
      if (own > inputTokensMax) {
        overTexts += 1;
        const windows = windowsOf(text, own, isCounted);
        if (windows === undefined) tooLong += 1;
        else windowsOfAll += windows.count;
        sent = mode === 'truncate' ? inputTokensMax : mode === 'windows' ? (windows?.tokens ?? 0) : 0;
      }
      if (!isRepeated) tokens += sent;
      return own;
    },
    tally: (): TokenTally => ({
      model: identity.model,
      dimensions: identity.dimensions,
      inputTokensMax,
      tokens,
      over: { texts: overTexts, windows: windowsOfAll },
      tooLong,
      isExact,
    }),
  };
}
