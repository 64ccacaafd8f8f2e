import { counted } from '@lockstep/model';
import type { SearchResult } from '@lockstep/reader/create-reader';

/** UTF-16 units of a text shown on screen; `--json` has the whole. */
const SHOWN_UNITS = 300;

/** What was found, best first. */
export function searchText({ hits, dropped }: SearchResult): string {
  const lines = hits.map((row, at) => {
    const title = row.chapterTitle ?? row.documentId;
    const text = row.text.length > SHOWN_UNITS ? `${row.text.slice(0, SHOWN_UNITS).trimEnd()} …` : row.text;
    return `${at + 1}. ${row.score.toFixed(3)}  ${title === null ? '' : `${title}  `}[${row.corpus} ${row.chunkId}]\n   ${text.replaceAll(/\s+/g, ' ')}\n`;
  });
  if (hits.length === 0) lines.push('Nothing found. Has a corpus been loaded?');
  if (dropped > 0)
    lines.push(
      `${counted(dropped, 'hit')} not shown, without a row of the same content; \`indexer verify <corpus>\` says why.`,
    );
  return lines.join('\n').trimEnd();
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
