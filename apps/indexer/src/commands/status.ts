import { SERVICE_FLAGS } from '../settings/flags.ts';
import { reportStatus } from '../status/report-status.ts';
import { PROBE_GUARD } from '../wiring/probe-guard.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

/** How many runs are shown without `--limit`. */
const RUNS = 10;

export const status = workspaceCommand({
  name: 'status',
  flags: [...SERVICE_FLAGS],
  examples: [
    ['indexer status', 'Both stores, and the last 10 runs'],
    ['indexer status --limit 50 --json', 'The last 50 runs, for a program'],
  ],
  args: {
    all: { type: 'boolean', description: 'As without it: every corpus is shown', default: false },
    limit: { type: 'string', description: `How many runs to show, at most 100; default ${RUNS}`, valueHint: 'n' },
  },
  formats: ['markdown', 'github'],
  run: (context) =>
    withServices({ ...context, guardLimits: PROBE_GUARD }, 'status', (services) =>
      reportStatus({ ...context, services, runs: context.flags.limit ?? RUNS }),
    ),
});
