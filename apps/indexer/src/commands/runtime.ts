import { workspaceCommand } from '../run-command.ts';
import { fileDigest } from '../runtime/file-digest.ts';
import { readSource } from '../settings/corpus-file.ts';
import { COMMON_ARGS } from '../settings/flags.ts';
import { shownRuntime } from '../settings/shown-runtime.ts';

export const runtime = workspaceCommand({
  name: 'runtime',
  description: 'Prints which models and hosts are in use, and a digest of an input; no secret. Nx hashes it',
  args: {
    source: { type: 'positional', description: 'A corpus whose input is digested too', required: false },
    ...COMMON_ARGS,
  },
  async run({ environment, profile, root }, args) {
    const source = args['source'] === undefined ? undefined : readSource(String(args['source']), undefined, root);
    const input = source === undefined ? {} : { input: await fileDigest(source.inputPath) };
    const shown = { ...shownRuntime(environment, profile), ...input };
    return { text: JSON.stringify(shown), json: shown };
  },
});
