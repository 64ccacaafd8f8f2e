import { utf8Bytes, type PayloadFilter } from '@lockstep/model';
import { createReader } from '@lockstep/reader/create-reader';
import type { ReadingOptions } from './reading-options.ts';
import { refusal } from './refusal.ts';
import { requestedCorpus } from './requested-corpus.ts';
import { singleQueries } from './single-queries.ts';

/** `GET /search`: the chunks nearest to a question, as `indexer search --json` prints them. */
export async function searchRequested(
  options: ReadingOptions,
  queries: Readonly<Record<string, readonly string[]>>,
): Promise<object> {
  const { q = '', limit, filter, ...named } = singleQueries(queries, ['q', 'limit', 'corpus', 'filter']);
  const { embedder } = options.services;
  const { questionUnit: unit } = options;
  const length = unit === 'bytes' ? utf8Bytes(q) : embedder.countTokens(q);
  if (length > embedder.inputTokensMax) {
    throw refusal('request-too-large', `q: expected at most ${embedder.inputTokensMax} ${unit}, found ${length}`);
  }
  const corpus = (named.corpus ?? options.corpus) === undefined ? undefined : requestedCorpus(options, named.corpus);
  const reader = createReader({ ...options.services, corpus });
  const { hits, dropped, stored } = await reader.search(q, {
    limit: limit === undefined ? undefined : Number(limit),
    filter: filter === undefined ? undefined : parseFilter(filter),
  });
  const results = hits.map((hit) => ({
    score: hit.score,
    corpus: hit.corpus,
    chunk_id: hit.chunkId,
    document_id: hit.documentId,
    chapter_title: hit.chapterTitle,
    page_number: hit.pageNumber,
    text: hit.text,
    created_at: hit.createdAt,
    metadata: hit.metadata,
  }));
  return { ok: true, question: q, results, dropped, ...(stored === undefined ? {} : { stored }) };
}

function parseFilter(text: string): PayloadFilter {
  try {
    return JSON.parse(text) as PayloadFilter;
  } catch {
    throw refusal('request-invalid', 'filter: expected JSON such as {"page_number":{"gte":3}}');
  }
}
