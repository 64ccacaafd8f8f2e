import { CORPUS_DEFAULTS, IndexingError, type CorpusConfig, type DeleteMode, type OverlongMode } from '@lockstep/model';
import type { Flags } from './flags.ts';
import { KNOWN_MODELS } from './known-models.ts';
import type { Profile } from './profile.ts';
import type { Source } from './corpus-file.ts';

/** Everything that a command needs to know of its corpus, flags over corpus.json over defaults. */
export interface CorpusSettings {
  readonly corpus: string;
  readonly inputPath: string;
  readonly collection: string;
  readonly table: string;
  readonly batchItems: number;
  readonly qdrantBatchItems: number;
  readonly neonBatchItems: number;
  readonly deletes: DeleteMode;
  readonly overlong: OverlongMode;
  readonly payload: readonly string[];
}

export function resolveCorpusSettings({ config, inputPath }: Source, flags: Flags): CorpusSettings {
  return {
    corpus: config.name,
    inputPath,
    collection: flags.collection ?? config.collection ?? CORPUS_DEFAULTS.collection,
    table: flags.table ?? config.table ?? CORPUS_DEFAULTS.table,
    batchItems: flags['batch-size'] ?? config.batchSize ?? CORPUS_DEFAULTS.batchSize,
    qdrantBatchItems: flags['qdrant-batch-size'] ?? config.qdrantBatchSize ?? CORPUS_DEFAULTS.qdrantBatchSize,
    neonBatchItems: flags['neon-batch-size'] ?? config.neonBatchSize ?? CORPUS_DEFAULTS.neonBatchSize,
    overlong: flags.overlong ?? config.overlong ?? CORPUS_DEFAULTS.overlong,
    deletes: flags.deletes ?? config.deletes ?? CORPUS_DEFAULTS.deletes,
    payload: flags.payload ?? config.payload ?? CORPUS_DEFAULTS.payload,
  };
}

/** The model and the size of its vectors. */
export interface ModelSettings {
  readonly model: string;
  readonly dimensions: number;
}

/** Which model embeds: a flag, else corpus.json, else the profile's. */
export function resolveModel(
  { model, dimensions }: Pick<CorpusConfig, 'model' | 'dimensions'>,
  flags: Flags,
  { embedder }: Profile,
): ModelSettings {
  const asked = flags.model ?? model;
  const askedDimensions = flags.dimensions ?? dimensions;
  if (embedder === 'embedded') {
    const own = KNOWN_MODELS.embedded;
    if ((asked ?? own.model) === own.model && (askedDimensions ?? own.dimensions) === own.dimensions) return own;
    throw invalid(
      `The embedded service embeds with ${own.model} in ${own.dimensions} dimensions; expected that, no model at all, ` +
        'or --embedder cloud',
    );
  }
  const name = asked ?? KNOWN_MODELS.cloudDefault;
  const size = askedDimensions ?? KNOWN_MODELS.cloudDimensions[name];
  if (size === undefined) throw invalid(`The dimensions of ${name} are not known; expected --dimensions`);
  return { model: name, dimensions: size };
}

function invalid(what: string): IndexingError {
  return new IndexingError({ code: 'config-invalid', message: `${what}.` });
}
