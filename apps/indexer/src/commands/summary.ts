import { SERVICE_FLAGS } from '../settings/flags.ts';
import { summarise } from '../status/summarise.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

/** It ends a run under Nx, whose verdict one lost request must not decide; nobody waits longer than this. */
const SUMMARY_GUARD = { attemptsMax: 4, timeoutMs: 15_000, deadlineMs: 45_000 } as const;

export const summary = workspaceCommand({
  name: 'summary',
  flags: ['corpora', ...SERVICE_FLAGS],
  examples: [
    ['indexer summary', 'What the last runs of all corpora came to'],
    ['indexer summary --corpora docs,notes --json', 'Those of two, for a program'],
  ],
  formats: ['markdown', 'github'],
  run: (context) =>
    withServices({ ...context, guardLimits: SUMMARY_GUARD }, 'summary', (services) =>
      summarise({ ...context, services }, context.flags.corpora),
    ),
});
