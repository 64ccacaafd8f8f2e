import type { WindowShape } from '../identity.ts';
import type { Embedder } from '../ports.ts';

/** What measures texts as the service does. */
export type TextMeasure = Pick<Embedder, 'identity' | 'inputTokensMax' | 'countTokens' | 'tokensOver' | 'fit'>;

/** A part of a text that is embedded by itself. */
export interface TextWindow {
  readonly text: string;
  readonly tokens: number;
}

/** Windows of one text, at most: half a million tokens of OpenAI's models. A longer text is a book, and no chunk. */
export const WINDOWS_MAX = 64;

/**
 * Tokens of an overlap, at most. It is there so that a sentence that a cut goes through stands whole in one of the two
 * windows, and few sentences have more; what is more is paid for, and counted in the mean, twice.
 */
const OVERLAP_TOKENS_MAX = 64;

/** How full a window is meant to be, and how full it is left as it is: each try counts its tokens once more. */
const WANTED = 0.95;
const FULL = 0.9;

/** UTF-16 units of a token, to begin with: about as many as in English. Each window then tells of the next. */
const UNITS_PER_TOKEN = 4;

/** Guesses of where a window ends, before the embedder's own search. */
const TRIES_MAX = 4;

/** The shape of windows for a model that reads so many tokens: as large as may be, with a tenth in common, at most 64 tokens. */
export function windowShape(inputTokensMax: number): WindowShape {
  const overlapTokens = Math.min(Math.floor(inputTokensMax / 10), OVERLAP_TOKENS_MAX);
  return { windowTokens: inputTokensMax, overlapTokens };
}

/**
 * Cuts a text of so many tokens into windows that the model reads whole, at white space where there is some near the
 * end. Each begins in the one before it, or where that ends, and none depends on what comes after it: a text that is
 * edited near its end keeps the windows before. Undefined where it takes more than `WINDOWS_MAX`.
 */
export function textWindows(measure: TextMeasure, text: string, tokens: number): readonly TextWindow[] | undefined {
  const { windowTokens, overlapTokens } = windowShape(measure.inputTokensMax);
  if (tokens > WINDOWS_MAX * windowTokens) return undefined;
  const windows: TextWindow[] = [];
  let perToken = UNITS_PER_TOKEN;
  let from = 0;
  let end = 0;
  while (end < text.length) {
    if (windows.length === WINDOWS_MAX) return undefined;
    let window = windowAt(measure, text, from, perToken);
    if (from + window.text.length <= end) {
      from = end;
      window = windowAt(measure, text, from, perToken);
    }
    if (window.text === '') return undefined;
    windows.push(window);
    end = from + window.text.length;
    perToken = window.text.length / Math.max(1, window.tokens);
    const overlap = Math.min(Math.floor(overlapTokens * perToken), Math.floor(window.text.length / 4));
    from = startOf(text, end - overlap, end);
  }
  return windows;
}

/** The window that begins at a place, found from about how many UTF-16 units a token has. */
function windowAt(measure: TextMeasure, text: string, from: number, perToken: number): TextWindow {
  const max = measure.inputTokensMax;
  let units = Math.floor(WANTED * max * perToken);
  let found: TextWindow | undefined;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const part = text.slice(from, cutOf(text, from, from + Math.max(1, units)));
    const tokens = measure.countTokens(part);
    if (tokens <= max && part.length > (found?.text.length ?? 0)) found = { text: part, tokens };
    if (tokens <= max && (tokens >= FULL * max || from + part.length === text.length)) break;
    units = Math.floor(part.length * Math.min(4, (WANTED * max) / Math.max(1, tokens)));
  }
  if (found !== undefined) return found;
  const fitting = measure.fit(text.slice(from, cutOf(text, from, from + Math.max(1, units))));
  return { text: fitting, tokens: measure.countTokens(fitting) };
}

/** Where a window that should end at `to` ends: before white space in its last eighth, else after a whole character. */
function cutOf(text: string, from: number, to: number): number {
  if (to >= text.length) return text.length;
  const earliest = to - Math.floor((to - from) / 8);
  for (let at = to; at > earliest; at -= 1) if (isSpace(text, at)) return at;
  if (!splitsCharacter(text, to)) return to;
  return to - 1 > from ? to - 1 : to + 1;
}

/** Where a window that should begin at `at` begins: at white space before `end`, else at a whole character. */
function startOf(text: string, at: number, end: number): number {
  for (let place = at; place < end; place += 1) if (isSpace(text, place)) return place;
  return splitsCharacter(text, at) ? at + 1 : at;
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text.charAt(at));
}

function splitsCharacter(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
