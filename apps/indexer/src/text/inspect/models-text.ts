import type { ModelCost } from '../../settings/model-costs.ts';
import { numberText } from './number-text.ts';

const HEAD = ['model', 'reads', 'too long', 'windows', 'tokens', 'price'];

/** Least amount that is shown, in US dollars. */
const DOLLARS_MIN = 0.0001;

function dollarsText(dollars: number | null): string {
  if (dollars === null) return 'not known';
  if (dollars === 0) return 'free';
  if (dollars < DOLLARS_MIN) return `< $${DOLLARS_MIN}`;
  return `$${dollars.toFixed(dollars < 1 ? 4 : 2)}`;
}

/** What the texts take of each known model, as a table; `*` marks the one in use. */
export function modelsText(costs: readonly ModelCost[]): string[] {
  const rows = costs.map((cost) => [
    `${cost.model}${cost.inUse ? ' *' : ''}`,
    numberText(cost.inputTokensMax),
    numberText(cost.over.texts),
    numberText(cost.over.windows),
    `${cost.isExact ? '' : '~'}${numberText(cost.tokens)}`,
    dollarsText(cost.dollars),
  ]);
  const widths = HEAD.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}`;
  return [line(HEAD), ...rows.map(line)];
}
