import { utf8Bytes, type PayloadFilter } from '@lockstep/model';
import { matchPoints, type Match } from '@lockstep/reader/create-reader';
import type { ReadingOptions } from './reading-options.ts';
import { refusal } from './refusal.ts';
import { requestedCorpus } from './requested-corpus.ts';
import { singleQueries } from './single-queries.ts';

const NAMES = ['q', 'limit', 'corpus', 'filter', 'details'] as const;

/** What a search is asked for. */
export interface SearchRequest {
  readonly question: string;
  /** The corpus that it names, which may be none that can be. */
  readonly corpus: string | undefined;
  readonly limit: number | undefined;
  readonly filter: PayloadFilter | undefined;
  readonly isDetailed: boolean;
}

/** Reads the parameters of `GET /search`. Fails with `request-invalid`. */
export function readSearchRequest(queries: Readonly<Record<string, readonly string[]>>): SearchRequest {
  const { q: question = '', limit, filter, details, corpus } = singleQueries(queries, NAMES);
  if (details !== undefined && details !== 'true') {
    throw refusal('request-invalid', 'details: expected true, or no details');
  }
  return {
    question,
    corpus: corpus === undefined ? undefined : requestedCorpus({ corpus: undefined }, corpus),
    limit: limit === undefined ? undefined : Number(limit),
    filter: filter === undefined ? undefined : parseFilter(filter),
    isDetailed: details === 'true',
  };
}

/**
 * `GET /search`: the chunks nearest to a question, as `indexer search --json` prints them. With `details=true`, each has its
 * point and what its row has besides, and points that are no hits are listed with the reason.
 */
export async function searchRequested(
  options: ReadingOptions,
  { question, limit, filter, isDetailed, ...named }: SearchRequest,
): Promise<object> {
  const { questionUnit: unit, services } = options;
  const { embedder } = services;
  const length = unit === 'bytes' ? utf8Bytes(question) : embedder.countTokens(question);
  if (length > embedder.inputTokensMax) {
    throw refusal('request-too-large', `q: expected at most ${embedder.inputTokensMax} ${unit}, found ${length}`);
  }
  const corpus = named.corpus ?? options.corpus;
  const { matches, stored } = await matchPoints({ ...services, corpus }, question, { limit, filter });
  const hits = matches.filter(({ dropped }) => dropped === undefined);
  const missed = matches.filter(({ dropped }) => dropped !== undefined);
  return {
    ok: true,
    question,
    results: hits.map((match) => ({ ...chunkOf(match), ...(isDetailed && behindOf(match)) })),
    dropped: missed.length,
    ...(isDetailed && {
      droppedPoints: missed.map((match) => ({
        ...{ score: match.point.score, reason: match.dropped },
        ...behindOf(match),
        chunk: match.row === undefined ? null : chunkOf(match),
      })),
    }),
    ...(stored === undefined ? {} : { stored }),
  };
}

/** The chunk as its row has it. */
function chunkOf({ point, row }: Match): object {
  return {
    score: point.score,
    corpus: row?.corpus,
    chunk_id: row?.chunkId,
    document_id: row?.documentId,
    chapter_title: row?.chapterTitle,
    page_number: row?.pageNumber,
    text: row?.text,
    created_at: row?.createdAt,
    metadata: row?.metadata,
  };
}

/** What stands in the stores behind a chunk: the whole point without its vector, and the labels of its row. */
function behindOf({ point, row }: Match): object {
  return {
    point: { point_id: point.pointId, payload: point.payload },
    row:
      row === undefined
        ? null
        : { point_id: row.pointId, content_hash: row.contentHash, embedding_key: row.embeddingKey },
  };
}

function parseFilter(text: string): PayloadFilter {
  try {
    return JSON.parse(text) as PayloadFilter;
  } catch {
    throw refusal('request-invalid', 'filter: expected JSON such as {"page_number":{"gte":3}}');
  }
}
