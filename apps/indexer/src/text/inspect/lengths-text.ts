import type { LengthBin } from '@lockstep/pipeline';
import { numberText } from './number-text.ts';

/** Cells of the longest bar. */
const BAR_CELLS = 40;

/** Texts by their length, one line with a bar for each range of tokens. */
export function lengthsText(bins: readonly LengthBin[]): string[] {
  const most = Math.max(...bins.map(({ texts }) => texts));
  const rows = bins.map(({ from, upTo, texts }) => ({
    range: upTo === null ? `over ${numberText(from - 1)}` : `${numberText(from)}-${numberText(upTo)}`,
    texts: numberText(texts),
    bar: '#'.repeat(texts === 0 ? 0 : Math.max(1, Math.round((texts / most) * BAR_CELLS))),
  }));
  const rangeWidth = Math.max(...rows.map(({ range }) => range.length));
  const textsWidth = Math.max(...rows.map(({ texts }) => texts.length));
  return rows.map(({ range, texts, bar }) =>
    `  ${range.padStart(rangeWidth)}  ${texts.padStart(textsWidth)}  ${bar}`.trimEnd(),
  );
}
