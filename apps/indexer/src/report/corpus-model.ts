import { join } from 'node:path';
import { isIndexingError } from '@lockstep/model';
import { readCorpusConfig } from '../settings/corpus-file.ts';
import { resolveModel } from '../settings/corpus-settings.ts';
import { embedderFacts, type EmbedderFacts } from '../settings/embedder-facts.ts';
import type { Context } from '../wiring/resolve-context.ts';

/** The embedding model of a corpus as its corpus.json and the flags say; undefined where the file is wrong. */
export function corpusModel({ root, flags, profile, environment }: Context, folder: string): EmbedderFacts | undefined {
  try {
    return embedderFacts(
      resolveModel(readCorpusConfig(join(root, folder, 'corpus.json')), flags, profile),
      profile,
      environment,
    );
  } catch (error) {
    if (!isIndexingError(error)) throw error;
    return undefined;
  }
}
