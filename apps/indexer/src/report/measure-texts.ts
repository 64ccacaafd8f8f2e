import { isIndexingError } from '@lockstep/model';
import { readChunkPages } from '@lockstep/pipeline';
import { histogram, type TextLengths } from '@lockstep/report';
import { createDiskArtifacts } from '../runtime/disk-artifacts.ts';
import { NO_TEMPORARIES } from '../runtime/temporaries.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import type { EmbedderFacts } from '../settings/embedder-facts.ts';
import { countCl100kTokens } from '../wiring/count-tokens.ts';
import { loadEmbedded } from '../wiring/load-embedded.ts';
import type { Context } from '../wiring/resolve-context.ts';

/** UTF-16 units of texts that are measured of one corpus: a second of reading. */
const MEASURED_UNITS_MAX = 64 * 1024 * 1024;

/** UTF-16 units of texts whose tokens are counted for a whole report; the tokenizer counts about a million a second. */
const COUNTED_UNITS_MAX = 4 * 1024 * 1024;

/** Measures the texts of a corpus; null where none was validated here, and without tokens where the model is not known. */
export type MeasureTexts = (corpus: string, model: EmbedderFacts | undefined) => Promise<TextLengths | null>;

/**
 * Measures the accepted texts of `corpora` corpora, within bounds that they share. Chunks are in the order of their ids, which are
 * hashes, so that the first of them are a fair sample.
 */
export function measureTexts({ stateDirectory, profile, signal }: Context, corpora: number): MeasureTexts {
  const countedUnitsMax = Math.floor(COUNTED_UNITS_MAX / Math.max(1, corpora));
  const tokenCounter = async (): Promise<(text: string) => number> => {
    if (profile.embedder === 'cloud') return countCl100kTokens;
    return (await loadEmbedded(() => import('@lockstep/embedded/tokens'))).countEmbeddedTokens;
  };

  return async (corpus, model) => {
    const artifacts = createDiskArtifacts(corpusFolder(stateDirectory, corpus), NO_TEMPORARIES);
    const characters: number[] = [];
    const tokens: number[] = [];
    let chunks = 0;
    let measuredUnits = 0;
    let countedUnits = 0;
    const countTokens = model === undefined ? undefined : await tokenCounter();
    try {
      for await (const page of readChunkPages(artifacts)) {
        signal.throwIfAborted();
        chunks += page.length;
        for (const line of page) {
          if (measuredUnits >= MEASURED_UNITS_MAX) break;
          const { text } = line.chunk();
          measuredUnits += text.length;
          characters.push(lettersOf(text));
          if (countTokens === undefined || countedUnits >= countedUnitsMax) continue;
          countedUnits += text.length;
          tokens.push(countTokens(text));
        }
      }
    } catch (error) {
      if (isIndexingError(error) && error.code === 'artifact-missing') return null;
      throw error;
    }
    return {
      chunks,
      measured: characters.length,
      counted: tokens.length,
      tokensMax: model?.inputTokensMax ?? null,
      characters: histogram(characters),
      tokens: histogram(tokens),
    };
  };
}

/** Code points: one beyond the basic plane is two UTF-16 units. */
function lettersOf(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);
}
