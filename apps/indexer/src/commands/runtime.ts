import { workspaceCommand } from '../run-command.ts';
import { COMMON_ARGS } from '../settings/flags.ts';
import { shownRuntime } from '../settings/shown-runtime.ts';

export const runtime = workspaceCommand({
  name: 'runtime',
  description: 'Prints which models and hosts are in use, and no secret; Nx hashes it',
  args: COMMON_ARGS,
  async run({ environment, profile }) {
    const shown = shownRuntime(environment, profile);
    return { text: JSON.stringify(shown), json: shown };
  },
});
