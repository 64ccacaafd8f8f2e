import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Some thirty processes, on a machine that runs other tests beside them. */
const TIMEOUT_MS = 240_000;

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** The tables that a benchmark prints, each by the heading before it: lines by their first cell, cells by their column. */
async function tablesOf(...args: string[]): Promise<Record<string, Record<string, Record<string, string>>>> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args]);
  const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());
  const sections = stdout.split(/^#+ (.*)\n/m).slice(1);
  return Object.fromEntries(
    sections.flatMap((heading, at) => {
      if (at % 2 === 1) return [];
      const [columns = '', , ...lines] = (sections[at + 1] ?? '').split('\n').filter((line) => line.startsWith('|'));
      const named = (line: string) =>
        Object.fromEntries(cells(columns).map((column, cell) => [column, cells(line)[cell]]));
      return [[heading.split(':')[0], Object.fromEntries(lines.map((line) => [cells(line)[1], named(line)]))]];
    }),
  ) as Record<string, Record<string, Record<string, string>>>;
}

it('measures every scenario over 50 chunks', { timeout: TIMEOUT_MS }, async () => {
  const tables = await tablesOf('50');
  expect(tables['50 chunks']).toMatchObject({ baseline: { openai: '1', qdrant: '2', neon: '0' } });
  const embeds = { cold: '1', unchanged: '0', 'metadata edit': '0', 'text edit': '1' };
  expect(Object.keys(tables)).toEqual(['50 chunks', ...Object.keys(embeds)]);
  for (const [scenario, openai] of Object.entries(embeds)) {
    const some = expect.stringMatching(/^[1-9]\d*$/) as string;
    expect(tables[scenario], scenario).toMatchObject({
      validate: { openai: '0', qdrant: '0', neon: '0' },
      // Before it pays, it asks the run table where the ids of the corpus came from.
      embed: { openai, qdrant: '0', neon: openai },
      provision: { openai: '0', qdrant: some, neon: some },
      'load-qdrant': { openai: '0', qdrant: some, neon: some },
      'load-neon': { openai: '0', qdrant: '0', neon: some },
      'validate to loads': { openai, qdrant: some, neon: some },
      verify: { openai: '0', qdrant: some, neon: some },
    });
  }
});

it('measures commands that find 50 unchanged chunks', { timeout: TIMEOUT_MS }, async () => {
  const [table] = Object.values(await tablesOf('no-op', '50', '--rounds', '1'));
  expect(table).toMatchObject({
    'load-qdrant': { 'points written': '0', 'ledger rows written': '1' },
    'load-neon': { 'qdrant requests': '0', 'points written': '0', 'ledger rows written': '1' },
    plan: { 'points written': '0', 'ledger rows written': '0' },
  });
});

it('measures validate over 50 chunks in three shapes', { timeout: TIMEOUT_MS }, async () => {
  const [table = {}] = Object.values(await tablesOf('shapes', '50', '--rounds', '1'));
  expect(Object.keys(table)).toEqual(['own', 'langchain', 'mapped']);
  expect(table).toMatchObject({ own: { 'against own': '1.00', 'a record': '1.00' } });
});
