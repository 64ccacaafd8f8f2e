import { Document } from '@langchain/core/documents';
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers';
import type { Hit, Reader, SearchOptions } from '@lockstep/indexer/reader';

export interface LockstepRetrieverInput extends BaseRetrieverInput, Pick<SearchOptions, 'filter' | 'limit'> {
  readonly reader: Reader;
  /**
   * Called where hits are left out of an answer, since their rows have other content than their points: a load is under
   * way, or the stores have drifted. @default nothing is said
   */
  readonly onDropped?: ((count: number) => void) | undefined;
}

/** A retriever of LangChain.js over an index of Lockstep: chunks as documents, best first. */
export class LockstepRetriever extends BaseRetriever {
  static override lc_name(): string {
    return 'LockstepRetriever';
  }

  lc_namespace = ['lockstep', 'retrievers'];
  readonly #input: LockstepRetrieverInput;

  constructor(input: LockstepRetrieverInput) {
    super(input);
    this.#input = input;
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const { reader, filter, limit, onDropped } = this.#input;
    const { hits, dropped } = await reader.search(query, { filter, limit });
    if (dropped > 0) onDropped?.(dropped);
    return hits.map(toDocument);
  }
}

/** The fields of the chunk are in the metadata under the names that they have in Postgres. */
function toDocument({ pointId, text, metadata, ...hit }: Hit): Document {
  return new Document({
    id: pointId,
    pageContent: text,
    metadata: {
      ...metadata,
      score: hit.score,
      corpus: hit.corpus,
      chunk_id: hit.chunkId,
      document_id: hit.documentId,
      chapter_title: hit.chapterTitle,
      page_number: hit.pageNumber,
      created_at: hit.createdAt,
    },
  });
}
