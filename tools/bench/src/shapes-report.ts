import { tableOf } from './markdown-table.ts';
import type { ShapeMeasure, ShapesResult } from './shapes.ts';

const COLUMNS = ['', 'input MB', 'work CPU s', 'MB / s', 'against own', 'a record', 'peak MB'];

/** The results as a Markdown table: of each shape the round of least work, and the highest peak. */
export function shapesReportOf({ chunks, shapes }: ShapesResult): string {
  const lines = [...new Set(shapes.map(({ name }) => name))].map((name) =>
    best(shapes.filter((measure) => measure.name === name)),
  );
  const [own] = lines as [ShapeMeasure];
  const perMb = ({ workMs, inputMb }: ShapeMeasure): number => workMs / inputMb;
  const row = (line: ShapeMeasure): string[] => [
    line.name,
    line.inputMb.toFixed(1),
    (line.workMs / 1000).toFixed(2),
    (1000 / perMb(line)).toFixed(1),
    (perMb(line) / perMb(own)).toFixed(2),
    (line.workMs / own.workMs).toFixed(2),
    line.peakMb.toFixed(0),
  ];
  return `## ${chunks.toLocaleString('en')} chunks in several shapes\n\n${tableOf(COLUMNS, lines.map(row))}`;
}

function best(rounds: readonly ShapeMeasure[]): ShapeMeasure {
  const [least] = rounds.toSorted((one, other) => one.workMs - other.workMs) as [ShapeMeasure];
  return { ...least, peakMb: Math.max(...rounds.map(({ peakMb }) => peakMb)) };
}
