import { join } from 'node:path';
import { CORPUS_DEFAULTS, type CorpusConfig } from '@lockstep/model';
import type { ReadWith } from '@lockstep/routes';
import { readCorpusConfig } from '../settings/corpus-file.ts';
import { resolveModel } from '../settings/corpus-settings.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import type { Context } from '../wiring/resolve-context.ts';
import type { HeldServices } from './hold-services.ts';

/**
 * What a request reads with: collection, table, model and payload of the `corpus.json` of its corpus. Where it names none, what all
 * corpora of the workspace have alike; else, and of a corpus of which the workspace has no file, the defaults.
 */
export function readingWith({ root, flags, profile, reporter }: Context, held: HeldServices): ReadWith {
  const logger = reporter.logger('serve');
  return (corpus, work) =>
    held.use(async (services) => {
      const config: Partial<CorpusConfig> = corpus === undefined ? commonConfig(root) : configOf(root, corpus);
      const { collection = CORPUS_DEFAULTS.collection, table = CORPUS_DEFAULTS.table } = config;
      return work({
        services: {
          embedder: await services.embedder(resolveModel(config, flags, profile)),
          vectors: await services.vectors(collection),
          rows: await services.rows(table),
          ledger: await services.ledger(),
        },
        corpus: undefined,
        payload: config.payload ?? CORPUS_DEFAULTS.payload,
        questionUnit: 'tokens',
        // Only runs and repairs that were allowed may change what is recorded of a store.
        isReadOnly: true,
        logger,
      });
    });
}

/** What says where a corpus is: the same for corpora that can be searched together. */
type Place = Pick<CorpusConfig, 'collection' | 'table' | 'model' | 'dimensions'>;

function configOf(root: string, corpus: string): Partial<CorpusConfig> {
  const found = workspaceCorpora(root).find(({ name }) => name === corpus);
  return found === undefined ? {} : readCorpusConfig(join(root, found.folder, 'corpus.json'));
}

/** What all corpora of the workspace say alike; what they do not is as nothing was said. */
function commonConfig(root: string): Place {
  const configs = workspaceCorpora(root).map(({ folder }) => readCorpusConfig(join(root, folder, 'corpus.json')));
  const [first] = configs;
  const shared = (['collection', 'table', 'model', 'dimensions'] as const).filter((name) =>
    configs.every((config) => config[name] === first?.[name]),
  );
  return Object.fromEntries(shared.map((name) => [name, first?.[name]]));
}
