import { EXIT } from '@lockstep/model';
import { DELETE_FLAGS, PAYING_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';
import type { ServeResult } from '../results/results.ts';
import { serveWorkspace } from '../serve/serve-workspace.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

export const serve = workspaceCommand({
  name: 'serve',
  flags: ['port', 'allow-writes', ...DELETE_FLAGS, ...PAYING_FLAGS, ...SERVICE_FLAGS],
  examples: [
    ['indexer serve', 'The page of this workspace, which only reads; Ctrl+C ends it'],
    ['indexer serve --port 4000 --allow-writes --max-cost 1', 'The page may start runs, each for at most a dollar'],
  ],
  async run(context) {
    const { url, port, ended } = await serveWorkspace(context);
    const { 'allow-writes': allowWrites, json } = context.flags;
    const result: ServeResult = { url, port, allowWrites };
    // Printed before it ends, since it ends with Ctrl+C.
    process.stdout.write(
      json
        ? `${JSON.stringify({ schemaVersion: 1, ok: true, ...result })}\n`
        : `${url}\n\nOnly this machine can open it, and only with this address: keep it to yourself. ` +
            `${allowWrites ? 'The page may start runs and repairs.' : 'The page only reads.'} Ctrl+C ends it.\n`,
    );
    const isDone = await ended;
    return { text: '', json: result, exit: isDone ? EXIT.done : EXIT.failed, isPrinted: true };
  },
});
