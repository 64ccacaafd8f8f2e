import { join, resolve } from 'node:path';
import { pageHtml } from '@lockstep/report';
import { collectReport } from '../report/collect-report.ts';
import { loadPage } from '../report/load-page.ts';
import { checkReportPath, writeReport } from '../report/write-report.ts';
import { shownPath } from '../runtime/disk-artifacts.ts';
import { SERVICE_FLAGS } from '../settings/flags.ts';
import { reportText } from '../text/report-text.ts';
import { PROBE_GUARD } from '../wiring/probe-guard.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

export const report = workspaceCommand({
  name: 'report',
  flags: ['out', 'without-plan', 'price', ...SERVICE_FLAGS],
  examples: [
    ['indexer report', 'Writes .lockstep/report.html, to be opened in a browser'],
    ['indexer report --out report.html --without-plan', 'Into another file, without reading any input'],
  ],
  async run(context) {
    const { flags, cwd, stateDirectory } = context;
    const path = flags.out === undefined ? join(stateDirectory, 'report.html') : resolve(cwd, flags.out);
    checkReportPath(path);
    const data = await withServices({ ...context, guardLimits: PROBE_GUARD }, 'report', (services) =>
      collectReport({ ...context, services }, { withPlans: !flags['without-plan'], now: () => new Date() }),
    );
    const bytes = writeReport(path, pageHtml(await loadPage(), data, { title: 'Lockstep report' }));
    const shown = shownPath(path);
    const { corpora, runs, rejects, differences, problems } = data;
    return {
      text: reportText(shown, bytes, data),
      json: {
        path: shown,
        bytes,
        corpora: corpora.map(({ corpus, state }) => ({ corpus, state })),
        runs: runs.length,
        rejects: { listed: rejects.listed, total: rejects.total },
        differences: { listed: differences.listed, total: differences.total },
        problems,
      },
    };
  },
});
