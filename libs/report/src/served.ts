// What the page of a server is told besides the report and the runs.

/** The reply to `GET /api/settings`. */
export interface ServeSettings {
  /** Whether the page may start runs and repairs. */
  readonly allowWrites: boolean;
  readonly corpora: readonly { readonly name: string; readonly folder: string }[];
  /** What embeds a question. */
  readonly embedder: {
    readonly model: string;
    /** Null for the model in the process, and for OpenAI itself. */
    readonly host: string | null;
    /** US dollars for a million tokens, 0 where it is free; null where the price is not known. */
    readonly dollarsPerMillionTokens: number | null;
  };
}

/** The reply to `GET /api/search?details=true`. */
export interface SearchReply {
  readonly question: string;
  /** Best first. */
  readonly results: readonly FoundChunk[];
  readonly droppedPoints: readonly DroppedPoint[];
  /** Where nothing was found, and no filter asked for: the corpora that have rows. */
  readonly stored?: readonly string[];
}

/** A chunk as its row has it. */
export interface ChunkShown {
  readonly score: number;
  readonly corpus: string;
  readonly chunk_id: string;
  readonly document_id: string | null;
  readonly chapter_title: string | null;
  readonly page_number: number | null;
  readonly text: string;
  readonly created_at: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What stands in the stores behind a chunk. */
export interface Behind {
  readonly point: { readonly point_id: string; readonly payload: Readonly<Record<string, unknown>> };
  /** Null where there is no row of the id of the point. */
  readonly row: { readonly point_id: string; readonly content_hash: string; readonly embedding_key: string } | null;
}

export interface FoundChunk extends ChunkShown, Behind {}

/** A point that was found and is no hit. */
export interface DroppedPoint extends Behind {
  readonly score: number;
  readonly reason: 'foreign-id' | 'no-row' | 'other-content';
  /** What its row has; null where there is none. */
  readonly chunk: ChunkShown | null;
}

/** What is used of the reply to `GET /api/corpora/CORPUS/plan`. */
export interface PlanReply {
  /** As the command line prints it. */
  readonly text: string;
  readonly embedding: { readonly texts: number; readonly tokens: number; readonly cost: number | null };
  readonly stores: Readonly<
    Record<
      string,
      { readonly plan?: { readonly add: number; readonly change: number; readonly delete: number } | undefined }
    >
  >;
  readonly nothingToDo: boolean | null;
  /** Why a run would be refused. */
  readonly refused?: { readonly code: string; readonly message: string; readonly advice: string };
}
