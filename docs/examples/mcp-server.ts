/**
 * A server of the Model Context Protocol over stdio, with one tool: `search`. Start it with `node mcp-server.ts [corpus]`;
 * without a corpus it searches all that the stores hold. Stdout belongs to the protocol; messages go to stderr.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { HITS_MAX, isIndexingError, type SearchResult } from '@lockstep/indexer/reader';
import { z } from 'zod';
import { connectFromEnvironment } from './connect-from-environment.ts';

const RANGE = z.strictObject({
  gt: z.number().optional(),
  gte: z.number().optional(),
  lt: z.number().optional(),
  lte: z.number().optional(),
});

const CONDITION = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.array(z.int()), RANGE]);

const INPUT = {
  query: z.string().min(1).describe('What to look for, in plain words'),
  limit: z.int().min(1).max(HITS_MAX).default(5).describe('Most hits'),
  filter: z
    .record(z.string(), CONDITION)
    .optional()
    .describe('Conditions on fields: a value, one of several, or a range such as {"page_number": {"gte": 3}}'),
};

const HIT = z.object({
  score: z.number().describe('Cosine similarity, -1 to 1'),
  corpus: z.string(),
  chunk_id: z.string(),
  document_id: z.string().nullable(),
  chapter_title: z.string().nullable(),
  page_number: z.number().nullable(),
  created_at: z.string().nullable(),
  text: z.string(),
  metadata: z.record(z.string(), z.unknown()),
});

const OUTPUT = {
  hits: z.array(HIT).describe('Best first'),
  dropped: z.number().describe('Hits left out, since an update is under way or the index has drifted'),
};

const [corpus] = process.argv.slice(2);
const reader = connectFromEnvironment(corpus);
const server = new McpServer({ name: 'lockstep', version: '1.0.0' });

server.registerTool(
  'search',
  {
    description: `Finds passages by meaning in ${corpus ?? 'all indexed documents'}`,
    inputSchema: INPUT,
    outputSchema: OUTPUT,
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  async ({ query, limit, filter }, { signal }): Promise<CallToolResult> => {
    try {
      const found = await reader.search(query, { limit, filter, signal });
      return { content: [{ type: 'text', text: textOf(found) }], structuredContent: structured(found) };
    } catch (error) {
      return { content: [{ type: 'text', text: messageOf(error) }], isError: true };
    }
  },
);

await server.connect(new StdioServerTransport());

function structured({ hits, dropped }: SearchResult): z.infer<z.ZodObject<typeof OUTPUT>> {
  return {
    hits: hits.map((hit) => ({
      score: hit.score,
      corpus: hit.corpus,
      chunk_id: hit.chunkId,
      document_id: hit.documentId,
      chapter_title: hit.chapterTitle,
      page_number: hit.pageNumber,
      created_at: hit.createdAt,
      text: hit.text,
      metadata: hit.metadata,
    })),
    dropped,
  };
}

function textOf({ hits, dropped, stored }: SearchResult): string {
  const parts = hits.map(
    ({ corpus: name, chunkId, score, text }) => `[${name} ${chunkId}] ${score.toFixed(3)}\n${text}`,
  );
  if (hits.length === 0) parts.push('Nothing found.');
  if (stored !== undefined) parts.push(`The index holds these corpora: ${stored.join(', ') || 'none'}.`);
  if (dropped > 0) parts.push(`Left out: ${dropped}, since an update is under way or the index has drifted.`);
  return parts.join('\n\n');
}

/** Messages of an `IndexingError` hold no key, password or text of a chunk. Of others nobody knows that. */
function messageOf(error: unknown): string {
  return isIndexingError(error) ? `${error.message} ${error.advice}` : 'The search failed.';
}
