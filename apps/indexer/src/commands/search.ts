import { CORPUS_DEFAULTS, IndexingError } from '@lockstep/model';
import { createReader, HITS_DEFAULT, HITS_MAX } from '@lockstep/reader/create-reader';
import { knownCorpora } from '../settings/corpora/known-corpora.ts';
import { resolveModel } from '../settings/corpus-settings.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import { printable } from '../terminal/printable.ts';
import { searchJson, searchText } from '../text/search-text.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';
import { MODEL_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const search = workspaceCommand({
  name: 'search',
  flags: ['collection', 'table', ...MODEL_FLAGS, ...SERVICE_FLAGS],
  examples: [
    ['indexer search "refund policy"', 'The nearest chunks of all corpora'],
    ['indexer search whale --corpus books', 'Those of one corpus'],
  ],
  args: {
    question: { type: 'positional', description: 'What to look for', required: true },
    corpus: { type: 'string', description: 'Search only this corpus', valueHint: 'name' },
    limit: {
      type: 'string',
      description: `How many results, at most ${HITS_MAX}; default ${HITS_DEFAULT}`,
      valueHint: 'n',
    },
  },
  async run(context, args) {
    const { flags, profile, root, signal } = context;
    const question = String(args['question']).trim();
    if (question === '') throw new IndexingError({ code: 'usage', message: 'Expected a question, found nothing.' });
    const result = await withServices(context, 'search', async (services) =>
      createReader({
        embedder: await services.embedder(resolveModel({}, flags, profile)),
        vectors: await services.vectors(flags.collection ?? CORPUS_DEFAULTS.collection),
        rows: await services.rows(flags.table ?? CORPUS_DEFAULTS.table),
        corpus: flags.corpus,
      }).search(question, { limit: flags.limit, signal }),
    );
    const { corpus } = flags;
    const corpora = workspaceCorpora(root).map(({ name }) => name);
    if (result.stored !== undefined && corpus !== undefined && ![...result.stored, ...corpora].includes(corpus)) {
      const message = `There is no corpus ${JSON.stringify(printable(corpus))}.${knownCorpora(corpus, [...result.stored, ...corpora])}`;
      throw new IndexingError({ code: 'corpus-unknown', message });
    }
    return { text: searchText(result), json: searchJson(question, result) };
  },
});
