import type { Chunk } from '@lockstep/model';
import { matchPoints, type ReaderPorts, type SearchOptions } from './match-points.ts';

export {
  HITS_DEFAULT,
  HITS_MAX,
  matchPoints,
  type DropReason,
  type Match,
  type Matches,
  type ReaderPorts,
  type SearchOptions,
} from './match-points.ts';

/** A chunk that was found, as its row has it. */
export interface Hit extends Chunk {
  /** Cosine similarity, -1 to 1. */
  readonly score: number;
  readonly corpus: string;
  readonly pointId: string;
}

export interface SearchResult {
  /** Best first. */
  readonly hits: readonly Hit[];
  /** Points that are left out, since no row has the same content: a load is under way, or the stores have drifted. */
  readonly dropped: number;
  /** Where nothing was found, and no filter asked for: the corpora that have rows. */
  readonly stored?: readonly string[];
}

/** Reads what Lockstep has loaded. */
export interface Reader {
  /**
   * Finds the chunks nearest to a text: the nearest points, joined with their rows by id and content hash. A point without
   * such a row is left out and counted, since two stores cannot change at the same instant.
   *
   * Fails with `option-invalid` for an empty text, a limit or a filter that cannot be, with `model-mismatch` where the
   * points have another model than the text, and with the error of a service.
   */
  search(text: string, options?: SearchOptions): Promise<SearchResult>;
}

/** How long one call of a search to a service may take with all its attempts, in milliseconds: somebody waits for the answer. */
export const SEARCH_DEADLINE_MS = 30_000;

/** A reader over an embedder and stores that are already open. It holds nothing itself, and needs no closing. */
export function createReader(ports: ReaderPorts): Reader {
  return {
    async search(text, options) {
      const { matches, ...others } = await matchPoints(ports, text, options);
      const hits = matches.flatMap(({ point, row, dropped }): Hit[] => {
        if (row === undefined || dropped !== undefined) return [];
        const { contentHash: _hash, embeddingKey: _key, ...chunk } = row;
        return [{ score: point.score, ...chunk }];
      });
      return { hits, dropped: matches.length - hits.length, ...others };
    },
  };
}
