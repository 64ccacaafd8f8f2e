import { tableOf } from './markdown-table.ts';
import type { Measure } from './measure.ts';
import type { CorpusResult } from './scenarios.ts';

/** What a table has a line for: one process, or the sum of some. */
interface Line extends Omit<Measure, 'stdout'> {
  /** Its CPU milliseconds without what starting cost. */
  readonly workMs: number;
}

const COLUMNS = [
  '',
  'CPU ms',
  'CPU ms / 1,000',
  'of it work',
  'wall s',
  'peak MB',
  'openai',
  'qdrant',
  'neon',
] as const;

/** The results over one corpus as Markdown tables, with ratios against the baseline. */
export function reportOf({ chunks, baseline, startMs, scenarios }: CorpusResult): string {
  const lineOf = (measure: Measure): Line => ({
    ...measure,
    workMs: measure.cpuMs - (startMs[measure.name] ?? 0),
  });
  const row = ({ name, cpuMs, workMs, wallMs, peakMb, requests }: Line): string[] => [
    name,
    cpuMs.toFixed(0),
    ((cpuMs / chunks) * 1000).toFixed(1),
    ((workMs / chunks) * 1000).toFixed(1),
    (wallMs / 1000).toFixed(1),
    peakMb.toFixed(0),
    String(requests.openai),
    String(requests.qdrant),
    String(requests.neon),
  ];
  const parts = [`## ${chunks.toLocaleString('en')} chunks`, tableOf(COLUMNS, [row(lineOf(baseline))])];
  for (const { name, meaning, stages } of scenarios) {
    const lines = stages.map(lineOf);
    const loading = lines.filter((line) => line.name !== 'verify');
    const verify = lines.filter((line) => line.name === 'verify');
    const rows = [...loading, sumOf('validate to loads', loading), ...verify].map(row);
    parts.push(`### ${name}: ${meaning}`, tableOf(COLUMNS, rows), ratiosOf(lineOf(baseline), loading));
  }
  return parts.join('\n\n');
}

/** Processes one after the other: times and requests add up, memory does not. */
function sumOf(name: string, lines: readonly Line[]): Line {
  const sum = (value: (line: Line) => number): number => lines.reduce((total, line) => total + value(line), 0);
  return {
    name,
    cpuMs: sum(({ cpuMs }) => cpuMs),
    workMs: sum(({ workMs }) => workMs),
    wallMs: sum(({ wallMs }) => wallMs),
    peakMb: Math.max(...lines.map(({ peakMb }) => peakMb)),
    requests: {
      openai: sum(({ requests }) => requests.openai),
      qdrant: sum(({ requests }) => requests.qdrant),
      neon: sum(({ requests }) => requests.neon),
      pointsWritten: sum(({ requests }) => requests.pointsWritten),
    },
  };
}

/** The baseline does what embed and load-qdrant do, so that these two are compared with it by themselves too. */
function ratiosOf(baseline: Line, loading: readonly Line[]): string {
  const ratio = (lines: readonly Line[]): string => (sumOf('', lines).workMs / baseline.workMs).toFixed(2);
  const same = loading.filter(({ name }) => name === 'embed' || name === 'load-qdrant');
  return `Work against the baseline's: validate to loads ${ratio(loading)}, embed and load-qdrant alone ${ratio(same)}.`;
}
