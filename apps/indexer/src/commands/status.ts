import { EXIT } from '@lockstep/model';
import { statusText } from '../text/status-text.ts';
import { PROBE_GUARD } from '../wiring/probe-guard.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';
import { workspaceStatus } from '../wiring/workspace-status.ts';
import { SERVICE_FLAGS } from '../settings/flags.ts';

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
  async run(context) {
    const found = await withServices({ ...context, guardLimits: PROBE_GUARD }, 'status', async (services) =>
      workspaceStatus({ ...context, services, runs: context.flags.limit ?? RUNS }),
    );
    const ok = found.problems.length === 0;
    return { text: statusText(found), json: { ok, ...found }, exit: ok ? EXIT.done : EXIT.failed };
  },
});
