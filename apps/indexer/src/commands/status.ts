import { EXIT } from '@lockstep/model';
import { createConsoleLogger } from '../console-logger.ts';
import { openServices } from '../open-services.ts';
import { PROBE_GUARD } from '../probe-guard.ts';
import { workspaceCommand } from '../run-command.ts';
import { COMMON_ARGS } from '../settings/flags.ts';
import { statusText } from '../status-text.ts';
import { workspaceStatus } from '../workspace-status.ts';

/** Runs that are shown where `--limit` says nothing. */
const RUNS = 10;

export const status = workspaceCommand({
  name: 'status',
  description: 'Shows the state of every corpus, the last runs, and what the stores hold that nothing names',
  args: {
    limit: { type: 'string', description: `Runs to show, at most 100; default ${RUNS}`, valueHint: 'n' },
    ...COMMON_ARGS,
  },
  async run(context) {
    const { flags, environment, profile, stateDirectory, signal } = context;
    const logger = createConsoleLogger({ verbose: flags.verbose, prefix: 'status' });
    const services = openServices({ environment, profile, stateDirectory, logger, signal, guardLimits: PROBE_GUARD });
    try {
      const found = await workspaceStatus(context, services, flags.limit ?? RUNS);
      const ok = found.problems.length === 0;
      return { text: statusText(found), json: { ok, ...found }, exit: ok ? EXIT.done : EXIT.failed };
    } finally {
      await services.close();
    }
  },
});
