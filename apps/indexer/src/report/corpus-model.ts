import { isIndexingError } from '@lockstep/model';
import type { KnownCorpus } from '../corpora/corpora-here.ts';
import { resolveModel } from '../settings/corpus-settings.ts';
import { embedderFacts, type EmbedderFacts } from '../settings/embedder-facts.ts';
import type { Context } from '../wiring/resolve-context.ts';

/** The embedding model of a corpus as its corpus.json, or what it was loaded with, and the flags say; undefined where the file is wrong. */
export function corpusModel({ flags, profile, environment }: Context, corpus: KnownCorpus): EmbedderFacts | undefined {
  try {
    return embedderFacts(resolveModel(corpus.config(), flags, profile), profile, environment);
  } catch (error) {
    if (!isIndexingError(error)) throw error;
    return undefined;
  }
}
