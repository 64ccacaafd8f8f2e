import { tableOf } from './markdown-table.ts';
import type { NoOpMeasure, NoOpResult } from './no-op.ts';

const COLUMNS = ['', 'CPU s', 'wall s', 'peak MB', 'qdrant requests', 'points written', 'ledger rows written'];

/** The results over one corpus as a Markdown table: of each command the round of median CPU, and the highest peak. */
export function noOpReportOf({ chunks, server, commands }: NoOpResult): string {
  const lines = [...new Set(commands.map(({ name }) => name))].map((name) =>
    typical(commands.filter((measure) => measure.name === name)),
  );
  const row = ({ name, cpuMs, wallMs, peakMb, requests, ledgerRows }: NoOpMeasure): string[] => [
    name,
    (cpuMs / 1000).toFixed(2),
    (wallMs / 1000).toFixed(2),
    peakMb.toFixed(0),
    String(requests.qdrant),
    String(requests.pointsWritten),
    String(ledgerRows),
  ];
  return `## ${chunks.toLocaleString('en')} unchanged chunks, ${server}\n\n${tableOf(COLUMNS, lines.map(row))}`;
}

function typical(rounds: readonly NoOpMeasure[]): NoOpMeasure {
  const byCpu = rounds.toSorted((one, other) => one.cpuMs - other.cpuMs);
  const median = byCpu[Math.floor(byCpu.length / 2)] as NoOpMeasure;
  return { ...median, peakMb: Math.max(...rounds.map(({ peakMb }) => peakMb)) };
}
