import {
  checkPayloadFilter,
  IndexingError,
  type CallOptions,
  type Chunk,
  type Embedder,
  type PayloadFilter,
  type RowStore,
  type SearchHit,
  type VectorStore,
} from '@lockstep/model';

/** What a reader asks: the embedder of the corpus, and both stores. */
export interface ReaderPorts {
  readonly embedder: Pick<Embedder, 'embed' | 'identity'>;
  readonly vectors: Pick<VectorStore, 'search' | 'target'>;
  readonly rows: Pick<RowStore, 'census' | 'rows'>;
  /** Searches this corpus. @default all corpora in the stores */
  readonly corpus?: string | undefined;
}

export interface SearchOptions extends CallOptions {
  /** Most hits, from 1 to `HITS_MAX`. @default 5 */
  readonly limit?: number | undefined;
  /** Conditions on fields that points carry: those of every point, and those that `payload` of the corpus lists. @default none */
  readonly filter?: PayloadFilter | undefined;
}

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

/** Most hits of one search: their rows, whatever their size, are then read in a few requests. */
export const HITS_MAX = 100;

/** How long one call of a search to a service may take with all its attempts, in milliseconds: somebody waits for the answer. */
export const SEARCH_DEADLINE_MS = 30_000;

/** Enough for a prompt or a screen. */
export const HITS_DEFAULT = 5;

/** A reader over an embedder and stores that are already open. It holds nothing itself, and needs no closing. */
export function createReader({ embedder, vectors, rows, corpus }: ReaderPorts): Reader {
  return {
    async search(text, { limit = HITS_DEFAULT, filter, signal } = {}) {
      if (typeof text !== 'string' || text.trim() === '')
        throw wrong('the text to search for: expected one, found none');
      if (!Number.isInteger(limit) || limit < 1 || limit > HITS_MAX) {
        throw wrong(`limit: expected a whole number from 1 to ${HITS_MAX}, found ${String(limit)}`);
      }
      if (filter !== undefined) checkPayloadFilter(filter);
      const { vectors: embedded } = await embedder.embed([text], { signal });
      const found = await vectors.search({ vector: embedded[0] as Float32Array, corpus, filter, limit }, { signal });
      refuseOtherModel(found, embedder.identity.model, vectors.target);
      // Points of other programs may have numbers as ids, and no row can have one.
      const ids = found.map(({ pointId }) => pointId).filter((id) => UUID.test(id));
      const byId = new Map((await rows.rows(ids, { signal })).map((row) => [row.pointId, row]));
      const hits = found.flatMap(({ pointId, score, payload }): Hit[] => {
        const row = byId.get(pointId);
        if (row === undefined || row.contentHash !== payload['content_hash']) return [];
        const { contentHash: _hash, embeddingKey: _key, ...chunk } = row;
        return [{ score, ...chunk }];
      });
      const dropped = found.length - hits.length;
      if (found.length > 0 || filter !== undefined) return { hits, dropped };
      const { corpora } = await rows.census({ signal });
      return { hits, dropped, stored: corpora.map(({ corpus: name }) => name) };
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Vectors of two models of the same length can be compared, and mean nothing. */
function refuseOtherModel(found: readonly SearchHit[], model: string, target: string): void {
  const other = found.map(({ payload }) => payload['model']).find((each) => typeof each === 'string' && each !== model);
  if (other === undefined) return;
  throw new IndexingError({
    code: 'model-mismatch',
    message: `The points at ${target} are of model ${String(other)}, and the text was embedded with ${model}.`,
    details: { target, found: String(other), expected: model },
  });
}

function wrong(what: string): IndexingError {
  return new IndexingError({ code: 'option-invalid', message: `${what.charAt(0).toUpperCase()}${what.slice(1)}.` });
}
