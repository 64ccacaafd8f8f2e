import { counted, didYouMean } from '@lockstep/model';
import type { SearchResult } from '@lockstep/reader/create-reader';

/** UTF-16 units of a text shown on screen; `--json` has the whole. */
const SHOWN_UNITS = 300;

/** What was found, best first. */
export function searchText({ hits, dropped, stored = [] }: SearchResult, corpus?: string): string {
  const lines = hits.map((row, at) => {
    const title = row.chapterTitle ?? row.documentId;
    const text = row.text.length > SHOWN_UNITS ? `${row.text.slice(0, SHOWN_UNITS).trimEnd()} …` : row.text;
    return `${at + 1}. ${row.score.toFixed(3)}  ${title === null ? '' : `${title}  `}[${row.corpus} ${row.chunkId}]\n   ${text.replaceAll(/\s+/g, ' ')}\n`;
  });
  if (hits.length === 0) lines.push(nothingFound(corpus, stored));
  if (dropped > 0)
    lines.push(`${counted(dropped, 'hit')} not shown, without a row of the same content; \`indexer verify\` says why.`);
  return lines.join('\n').trimEnd();
}

/** Corpora that a message names. */
const NAMED_MAX = 10;

function nothingFound(corpus: string | undefined, stored: readonly string[]): string {
  if (stored.length === 0 || (corpus === undefined ? stored.length > 0 : stored.includes(corpus)))
    return 'Nothing found. Has a corpus been loaded?';
  const more = stored.length > NAMED_MAX ? ', ...' : '';
  const named = `The table has ${stored.slice(0, NAMED_MAX).join(', ')}${more}.`;
  return `Nothing found: there is no corpus ${JSON.stringify(corpus)}.${didYouMean(String(corpus), stored)} ${named}`;
}

/** The same for `--json`, with whole texts. */
export function searchJson(question: string, { hits, dropped }: SearchResult): object {
  return {
    question,
    results: hits.map((row) => ({
      score: row.score,
      corpus: row.corpus,
      chunk_id: row.chunkId,
      document_id: row.documentId,
      chapter_title: row.chapterTitle,
      page_number: row.pageNumber,
      text: row.text,
      created_at: row.createdAt,
      metadata: row.metadata,
    })),
    dropped,
  };
}
