import {
  checkPayloadFilter,
  IndexingError,
  type CallOptions,
  type Embedder,
  type IndexedChunk,
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

/** Why a point is no hit: its id is none of ours, there is no row of its id, or the row has other content. */
export type DropReason = 'foreign-id' | 'no-row' | 'other-content';

/** A point that was found, and the row of its id. */
export interface Match {
  readonly point: SearchHit;
  readonly row: (IndexedChunk & { readonly corpus: string }) | undefined;
  /** Undefined for a hit, which has a row of the same content. */
  readonly dropped: DropReason | undefined;
}

export interface Matches {
  /** Best first. */
  readonly matches: readonly Match[];
  /** Where nothing was found, and no filter asked for: the corpora that have rows. */
  readonly stored?: readonly string[];
}

/** Most hits of one search: their rows, whatever their size, are then read in a few requests. */
export const HITS_MAX = 100;

/** Enough for a prompt or a screen. */
export const HITS_DEFAULT = 5;

/** Ids of points that other programs wrote may be numbers, and no row can have one. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Finds the points nearest to a text, each with its row, also those that are no hits. *Errors*: those of `Reader.search`. */
export async function matchPoints(
  { embedder, vectors, rows, corpus }: ReaderPorts,
  text: string,
  { limit = HITS_DEFAULT, filter, signal }: SearchOptions = {},
): Promise<Matches> {
  if (typeof text !== 'string' || text.trim() === '') throw wrong('the text to search for: expected one, found none');
  if (!Number.isInteger(limit) || limit < 1 || limit > HITS_MAX) {
    throw wrong(`limit: expected a whole number from 1 to ${HITS_MAX}, found ${String(limit)}`);
  }
  if (filter !== undefined) checkPayloadFilter(filter);
  const { vectors: embedded } = await embedder.embed([text], { signal });
  const found = await vectors.search({ vector: embedded[0] as Float32Array, corpus, filter, limit }, { signal });
  refuseOtherModel(found, embedder.identity.model, vectors.target);
  const ids = found.map(({ pointId }) => pointId).filter((id) => UUID.test(id));
  const byId = new Map((await rows.rows(ids, { signal })).map((row) => [row.pointId, row]));
  const matches = found.map((point): Match => {
    const row = byId.get(point.pointId);
    return { point, row, dropped: dropReason(point, row) };
  });
  if (found.length > 0 || filter !== undefined) return { matches };
  const { corpora } = await rows.census({ signal });
  return { matches, stored: corpora.map(({ corpus: name }) => name) };
}

function dropReason({ pointId, payload }: SearchHit, row: IndexedChunk | undefined): DropReason | undefined {
  if (row === undefined) return UUID.test(pointId) ? 'no-row' : 'foreign-id';
  return row.contentHash === payload['content_hash'] ? undefined : 'other-content';
}

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
