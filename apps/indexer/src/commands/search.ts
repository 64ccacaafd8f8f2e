import { CORPUS_DEFAULTS, IndexingError } from '@lockstep/model';
import { search as searchStores, type SearchResult } from '@lockstep/pipeline';
import { createConsoleLogger } from '../console-logger.ts';
import { openServices } from '../open-services.ts';
import { workspaceCommand } from '../run-command.ts';
import { resolveModel } from '../settings/corpus-settings.ts';
import { COMMON_ARGS } from '../settings/flags.ts';
import { KNOWN_MODELS } from '../settings/known-models.ts';

const LIMIT = 5;
/** Characters of a text shown on screen; `--json` has the whole. */
const SHOWN_UNITS = 300;

export const search = workspaceCommand({
  name: 'search',
  description: 'Answers a question from the index: nearest points, joined with their rows',
  args: {
    question: { type: 'positional', description: 'What to look for', required: true },
    corpus: { type: 'string', description: 'Only this corpus', valueHint: 'name' },
    limit: { type: 'string', description: `Results, at most 100; default ${LIMIT}`, valueHint: 'n' },
    collection: { type: 'string', description: 'Qdrant collection', valueHint: 'name' },
    table: { type: 'string', description: 'Postgres table', valueHint: 'name' },
    model: { type: 'string', description: 'Embedding model', valueHint: 'id' },
    dimensions: { type: 'string', description: 'Numbers in a vector', valueHint: 'n' },
    ...COMMON_ARGS,
  },
  async run({ flags, environment, profile, stateDirectory, signal }, args) {
    const question = String(args['question']).trim();
    if (question === '') throw new IndexingError({ code: 'usage', message: 'Expected a question, found nothing.' });
    const logger = createConsoleLogger({ verbose: flags.verbose, prefix: 'search' });
    const services = openServices({ environment, profile, stateDirectory, logger, signal });
    try {
      const result = await searchStores(question, {
        embedder: await services.embedder(resolveModel({}, flags, profile, KNOWN_MODELS)),
        vectors: await services.vectors(flags.collection ?? CORPUS_DEFAULTS.collection),
        rows: await services.rows(flags.table ?? CORPUS_DEFAULTS.table),
        ...(flags.corpus === undefined ? {} : { corpus: flags.corpus }),
        limit: flags.limit ?? LIMIT,
        signal,
      });
      return { text: searchText(result), json: searchJson(question, result) };
    } finally {
      await services.close();
    }
  },
});

function searchText({ found, dropped }: SearchResult): string {
  const lines = found.map(({ score, row }, at) => {
    const title = row.chapterTitle ?? row.documentId ?? row.chunkId;
    const text = row.text.length > SHOWN_UNITS ? `${row.text.slice(0, SHOWN_UNITS).trimEnd()} …` : row.text;
    return `${at + 1}. ${score.toFixed(3)}  ${title}  [${row.corpus} ${row.chunkId}]\n   ${text.replaceAll(/\s+/g, ' ')}\n`;
  });
  if (found.length === 0) lines.push('Nothing found. Has a corpus been loaded?');
  if (dropped > 0)
    lines.push(`${dropped} hits have no row of the same content and are not shown; \`indexer verify\` says why.`);
  return lines.join('\n').trimEnd();
}

function searchJson(question: string, { found, dropped }: SearchResult): object {
  return {
    question,
    results: found.map(({ score, row }) => ({
      score,
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
