import type { Measure } from './measure.ts';
import type { CorpusResult, ScenarioResult } from './scenarios.ts';

/** CPU milliseconds per 1,000 chunks. */
function perThousand(cpuMs: number, chunks: number): number {
  return (cpuMs / chunks) * 1000;
}

function cpuOf(stages: readonly Measure[]): number {
  return stages.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

/** The stages up to the loads, without verify. */
function loading({ stages }: ScenarioResult): Measure[] {
  return stages.filter(({ name }) => name !== 'verify');
}

const COLUMNS = ['', 'CPU ms / 1,000', 'wall s', 'peak MB', 'openai', 'qdrant', 'neon'] as const;

/** The results over one corpus as Markdown tables, with ratios against the baseline. */
export function reportOf({ chunks, start, baseline, scenarios }: CorpusResult): string {
  const row = ({ name, cpuMs, wallMs, peakMb, requests }: Measure): string[] => [
    name,
    perThousand(cpuMs, chunks).toFixed(1),
    (wallMs / 1000).toFixed(1),
    peakMb.toFixed(0),
    String(requests.openai),
    String(requests.qdrant),
    String(requests.neon),
  ];
  const parts = [
    `## ${chunks.toLocaleString('en')} chunks`,
    table([row(baseline), row(start)]),
    ...scenarios.flatMap((scenario) => {
      const stages = loading(scenario);
      const sum: Measure = {
        name: 'validate to loads',
        cpuMs: cpuOf(stages),
        wallMs: stages.reduce((total, { wallMs }) => total + wallMs, 0),
        peakMb: Math.max(...stages.map(({ peakMb }) => peakMb)),
        requests: {
          openai: stages.reduce((total, { requests }) => total + requests.openai, 0),
          qdrant: stages.reduce((total, { requests }) => total + requests.qdrant, 0),
          neon: stages.reduce((total, { requests }) => total + requests.neon, 0),
        },
        stdout: '',
      };
      return [
        `### ${scenario.name}: ${scenario.meaning}`,
        table([...stages, sum, ...scenario.stages.filter(({ name }) => name === 'verify')].map(row)),
        ratiosOf(scenario, baseline),
      ];
    }),
  ];
  return parts.join('\n\n');
}

function ratiosOf(scenario: ScenarioResult, baseline: Measure): string {
  const ratio = (cpuMs: number): string => (cpuMs / baseline.cpuMs).toFixed(2);
  const same = scenario.stages.filter(({ name }) => name === 'embed' || name === 'load-qdrant');
  return `CPU against the baseline: validate to loads ${ratio(cpuOf(loading(scenario)))}, embed and load-qdrant alone ${ratio(cpuOf(same))}.`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(COLUMNS), line(rule), ...rows.map(line)].join('\n');
}
