import { EXIT } from '@lockstep/model';
import type { CommandResult } from '../outcome/command-result.ts';
import { standingOutcome } from './standing-outcome.ts';
import { statusText } from './status-text.ts';
import { workspaceStatus, type WorkspaceStatusOptions } from './workspace-status.ts';

/**
 * What the stores hold now and what the last runs came to: for people, as JSON, and as an exit code. It is 0 if all corpora
 * are in step, 5 if one is not, and 1 if something could not be checked.
 */
export async function reportStatus(options: WorkspaceStatusOptions): Promise<CommandResult> {
  const found = await workspaceStatus(options);
  const isInStep = found.corpora.every(({ state }) => state === 'in-step');
  const exit = found.problems.length > 0 ? EXIT.failed : isInStep ? EXIT.done : EXIT.differ;
  return {
    text: statusText(found),
    json: { ok: exit === EXIT.done, ...found },
    exit,
    outcomes: found.corpora.map((corpus) =>
      standingOutcome(
        corpus,
        Object.entries(corpus.stores ?? {}).map(([store, { count }]) => `${store} ${count}`),
      ),
    ),
    findings: found.problems.map((message) => ({ kind: 'error', title: 'Could not be checked', message })),
  };
}
