import { ERROR_CATALOGUE, EXIT } from '@lockstep/model';
import { readSource } from '../settings/corpus-file.ts';
import { modelCosts } from '../settings/model-costs.ts';
import { planNewCorpus } from '../new-corpus/new-corpus.ts';
import { inspectText } from '../text/inspect/inspect-text.ts';
import { inspectSource } from '../wiring/inspect-source.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';
import { CORPUS_FLAGS } from '../settings/flags.ts';

export const inspect = workspaceCommand({
  name: 'inspect',
  flags: [...CORPUS_FLAGS, 'strict', 'price', 'embedder'],
  examples: [
    ['indexer inspect chunks.json', 'What the file holds, and what it would cost'],
    ['indexer inspect docs --text body', 'Files of a folder, with the text in the field body'],
  ],
  args: {
    source: {
      type: 'positional',
      description: 'Chunks: files, a folder, or a pattern of paths; or a corpus.json',
      required: true,
      valueHint: 'chunks.json...',
    },
  },
  severalSources: true,
  withoutState: true,
  async run(context, args) {
    const { flags, typed, root } = context;
    const given = args['_'] as readonly string[];
    const source = readSource(given, flags.corpus, root);
    const { inspection, refusal, inUse } = await inspectSource(context, source);
    const costs = modelCosts(inspection.models, inUse, flags);
    const { uniqueId } = inspection.ids.repeated ?? {};
    const isFile = source.configPath === undefined && source.input.parts.every(({ kind }) => kind === 'file');
    const config = isFile ? planNewCorpus({ given, source, typed, root, uniqueId }).config : null;
    const error = refusal && { code: refusal.code, message: refusal.message, advice: refusal.advice };
    return {
      text: inspectText({ shown: source.input.shown, inspection, costs, refusal, config }),
      json: { ok: refusal === undefined, error: error ?? null, ...inspection, models: costs, corpusJson: config },
      exit: refusal === undefined ? EXIT.done : ERROR_CATALOGUE[refusal.code].exit,
    };
  },
});
