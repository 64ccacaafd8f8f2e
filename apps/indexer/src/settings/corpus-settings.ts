import {
  CORPUS_DEFAULTS,
  IndexingError,
  type CorpusConfig,
  type DeleteMode,
  type Fields,
  type OverlongMode,
} from '@lockstep/model';
import type { InputOrigin } from '@lockstep/pipeline';
import { inputOrigin } from './input-origin.ts';
import type { Flags } from './flags.ts';
import { KNOWN_MODELS } from './known-models.ts';
import type { Profile } from './profile.ts';
import type { Source } from './corpus-file.ts';
import type { Input } from '../input/input-parts.ts';

/** Settings of a corpus: flags override corpus.json, which overrides the defaults. */
export interface CorpusSettings {
  readonly corpus: string;
  readonly input: Input;
  /** What the corpus remembers of it. */
  readonly origin: InputOrigin;
  readonly collection: string;
  readonly table: string;
  readonly batchItems: number;
  readonly qdrantBatchItems: number;
  readonly neonBatchItems: number;
  readonly deletes: DeleteMode;
  /** Undefined where nothing is stated: it then depends on whether the corpus was loaded before. */
  readonly overlong: OverlongMode | undefined;
  readonly payload: readonly string[];
  readonly fields: Fields;
  /** Share of the records that may be left out, 0 to 100. @default the limit of `validate` */
  readonly maxRejectedPercent: number | undefined;
  /** Whether ids may come from elsewhere than those that were loaded before. */
  readonly allowNewIds: boolean;
}

export function resolveCorpusSettings(
  { config, input, derivedName }: Omit<Source, 'typed'>,
  flags: Flags,
): CorpusSettings {
  return {
    corpus: config.name,
    input,
    origin: inputOrigin(input, config.name, derivedName !== undefined),
    collection: flags.collection ?? config.collection ?? CORPUS_DEFAULTS.collection,
    table: flags.table ?? config.table ?? CORPUS_DEFAULTS.table,
    batchItems: flags['batch-size'] ?? config.batchSize ?? CORPUS_DEFAULTS.batchSize,
    qdrantBatchItems: flags['qdrant-batch-size'] ?? config.qdrantBatchSize ?? CORPUS_DEFAULTS.qdrantBatchSize,
    neonBatchItems: flags['neon-batch-size'] ?? config.neonBatchSize ?? CORPUS_DEFAULTS.neonBatchSize,
    overlong: flags.overlong ?? config.overlong,
    deletes: flags.deletes ?? config.deletes ?? CORPUS_DEFAULTS.deletes,
    payload: flags.payload ?? config.payload ?? CORPUS_DEFAULTS.payload,
    fields: { ...config.fields, ...typedFields(flags) },
    allowNewIds: flags['allow-new-ids'],
    maxRejectedPercent: flags['max-rejected-percent'] ?? config.maxRejectedPercent,
  };
}

/** Fields that were typed. */
export function typedFields({ records, id, text, document, title, page, created }: Partial<Flags>): Fields {
  return Object.fromEntries(
    Object.entries({ records, id, text, document, title, page, created }).filter(([, path]) => path !== undefined),
  );
}

/** The embedding model and the dimensions of its vectors. */
export interface ModelSettings {
  readonly model: string;
  readonly dimensions: number;
}

/** The embedding model: of the flag, else of corpus.json, else of the profile. */
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
      `The embedded service is in use, which has only ${own.model} with ${own.dimensions} dimensions; expected --embedder cloud, ` +
        `or no other model, found ${asked ?? own.model}${askedDimensions === undefined ? '' : ` with ${askedDimensions} dimensions`}`,
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
