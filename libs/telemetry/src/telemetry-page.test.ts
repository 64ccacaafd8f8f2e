import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '@lockstep/model';
import { expect, it } from 'vitest';
import { ATTRIBUTES } from './attributes.ts';
import { SPAN_KINDS } from './span-kinds.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/telemetry.md'), 'utf8');

/** The names in the first column of the table below a heading. */
function named(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const cells = section.split('\n').flatMap((line) => /^\| (`[^|]+)\|/.exec(line)?.[1] ?? []);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).toSorted();
}

it('docs/telemetry.md lists every attribute that there is', () => {
  const kinds = Object.values(SPAN_KINDS);
  const metrics = kinds.flatMap(({ duration, metrics: of = {} }) => [duration, ...Object.values(of)]);
  const constant = [...kinds, ...metrics].flatMap((it) => Object.keys(it?.attributes ?? {}));
  expect(named('Attributes')).toEqual(
    [...new Set([...Object.values(ATTRIBUTES), 'server.port', ...constant])].toSorted(),
  );
});

it('docs/telemetry.md lists every metric that there is, with its kind and unit', () => {
  const ofSpans = Object.values(SPAN_KINDS).flatMap(({ duration, metrics: of = {} }) => [
    duration,
    ...Object.values(of),
  ]);
  const all = [
    ...ofSpans.filter((metric) => metric !== undefined),
    ...Object.entries(METRICS).map(([name, metric]) => ({ name, ...metric })),
  ];
  expect(named('Metrics').filter((name) => name.includes('.'))).toEqual(all.map(({ name }) => name).toSorted());
  for (const { name, kind, unit } of all) {
    expect(page).toMatch(new RegExp(`^\\| \`${name}\` +\\| ${kind} +\\| \`${unit.replaceAll(/[{}]/g, '\\$&')}\``, 'm'));
  }
});
