import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RuntimeOutcome } from './check-command-line.ts';

const README = resolve(import.meta.dirname, '../../../README.md');
const [BEGIN, END] = ['<!-- runtimes: written by npm run runtimes -->', '<!-- /runtimes -->'];

/** A table of runtimes and commands, as prettier formats it. */
export function commandTable(found: readonly RuntimeOutcome[]): string {
  const commands = [...new Set(found.flatMap(({ outcomes }) => outcomes.map(({ command }) => command)))];
  // A command works where it does from the packages and from the sources.
  const cell = (outcomes: RuntimeOutcome['outcomes'], command: string): string =>
    outcomes.every((outcome) => outcome.command !== command || outcome.problem === undefined) ? 'works' : 'fails';
  const rows = [
    ['', ...commands.map((command) => `\`${command}\``.replace(/^`(.* .*)`$/, '$1'))],
    ...found.map(({ runtime, outcomes }) => [runtime, ...commands.map((command) => cell(outcomes, command))]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

/** Puts the table into the README. Returns whether that changed it. */
export function writeReadmeTable(table: string): boolean {
  const before = readFileSync(README, 'utf8');
  const [from, to] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} ... ${END}`);
  const after = `${before.slice(0, from)}${BEGIN}\n\n${table}\n\n${before.slice(to)}`;
  if (after !== before) writeFileSync(README, after);
  return after !== before;
}
