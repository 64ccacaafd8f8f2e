import { counted } from '@lockstep/model';
import type { ReportData } from '@lockstep/report';

/** Where a report is, and what is in it. */
export function reportText(
  path: string,
  bytes: number,
  { corpora, runs, rejects, differences, problems }: ReportData,
): string {
  const lines = [
    `${path} shows ${corpora.length === 1 ? '1 corpus' : `${corpora.length} corpora`} and ${counted(runs.length, 'run')}, ${(bytes / 1_000_000).toFixed(1)} MB; open it in a browser`,
  ];
  for (const [what, { listed, total }] of [
    ['rejected record', rejects],
    ['difference', differences],
  ] as const) {
    if (listed < total) lines.push(`  lists ${listed} of ${counted(total, what)}`);
  }
  for (const problem of problems) lines.push(`  could not be checked: ${problem}`);
  return lines.join('\n');
}
