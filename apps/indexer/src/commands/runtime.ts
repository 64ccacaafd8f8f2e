import { inputFileDigest } from '../runtime/input-file.ts';
import { readSource } from '../settings/corpus-file.ts';
import { shownEmbedder } from '../settings/shown-embedder.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

export const runtime = workspaceCommand({
  name: 'runtime',
  description: 'Prints the model in use and a digest of the input, which Nx hashes; no secrets',
  args: {
    source: { type: 'positional', description: 'Path of a corpus.json', required: true },
  },
  async run({ environment, profile, root, signal }, args) {
    const { inputPath } = readSource(String(args['source']), undefined, root);
    const shown = { embedder: shownEmbedder(environment, profile), input: await inputFileDigest(inputPath, signal) };
    return { text: JSON.stringify(shown), json: shown };
  },
});
