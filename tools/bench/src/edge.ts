import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { tableOf } from './markdown-table.ts';

/** Installs workerd where it is not there yet. */
const MEASURE = fileURLToPath(new URL('../../runtimes/src/edge/measure.ts', import.meta.url));

/** What the script prints. */
interface EdgeMeasure {
  readonly requests: number;
  readonly cpuMs: number;
  readonly startCpuMs: number;
  readonly wallMs: number;
  readonly startMb: number;
  readonly peakMb: number;
  readonly ownMb: number;
  readonly inStep: boolean;
}

const COLUMNS = ['', 'requests', 'CPU s', 'wall s', 'memory MB', 'without the program MB', 'in step'];

/** Puts of changed chunks through the Worker in workerd, as a Markdown table. */
export function edgeReport(chunks: number): string {
  const printed = execFileSync(process.execPath, [MEASURE, String(chunks)], { encoding: 'utf8' });
  const measure = JSON.parse(printed.slice(printed.lastIndexOf('\n{') + 1)) as EdgeMeasure;
  const { requests, cpuMs, startCpuMs, wallMs, startMb, peakMb, ownMb, inStep } = measure;
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  return `## ${chunks.toLocaleString('en')} changed chunks through the Worker, in workerd\n\n${tableOf(COLUMNS, [
    ['start, and a first put', '1', seconds(startCpuMs), '', startMb.toFixed(0), '', ''],
    ['changed', String(requests), seconds(cpuMs), seconds(wallMs), peakMb.toFixed(0), ownMb.toFixed(0), String(inStep)],
  ])}`;
}
