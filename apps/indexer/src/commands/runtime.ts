import { digestWithoutDownloads } from '../input/input-digest.ts';
import { readSource } from '../settings/corpus-file.ts';
import { shownEmbedder } from '../settings/shown-embedder.ts';
import { workspaceCommand, type CommandContext } from '../wiring/workspace-command.ts';

export const runtime = workspaceCommand({
  name: 'runtime',
  flags: ['embedder', 'rows', 'state-dir'],
  examples: [
    ['indexer runtime docs/corpus.json', 'What Nx hashes for validate'],
    ['indexer doctor', 'Whether the services answer'],
  ],
  args: {
    source: { type: 'positional', description: 'Path of a corpus.json', required: true },
  },
  async run(context, args) {
    const { environment, profile, root, signal } = context;
    const { config, input } = readSource(String(args['source']), undefined, root);
    const shown = {
      embedder: shownEmbedder(environment, profile),
      input: await digestWithoutDownloads(input, signal),
      overlong: config.overlong ?? (await overlongOf(config.name, context)),
    };
    return { text: JSON.stringify(shown), json: shown };
  },
});

/**
 * What becomes of texts that are too long where corpus.json does not say. A ledger that cannot be reached is no error
 * here: validate is then not replayed, and asks for itself where it has such a text.
 */
async function overlongOf(corpus: string, context: CommandContext): Promise<string> {
  const [{ overlongChoice }, { hasLedger }, { PROBE_GUARD }, { withServices }] = await Promise.all([
    import('@lockstep/pipeline'),
    import('../wiring/open-services.ts'),
    import('../wiring/probe-guard.ts'),
    import('../wiring/with-services.ts'),
  ]);
  try {
    return await withServices({ ...context, guardLimits: PROBE_GUARD }, 'runtime', async (services) => {
      const ledger = hasLedger(context) ? await services.ledger() : undefined;
      return (await overlongChoice(corpus, ledger, context)).mode;
    });
  } catch {
    context.signal.throwIfAborted();
    return 'unknown';
  }
}
