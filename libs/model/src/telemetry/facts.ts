/**
 * What spans and metrics may tell: this list and nothing else, so that no text, vector or secret gets into an attribute. Names of
 * things and small numbers only.
 */
export interface Facts {
  readonly corpus?: string | undefined;
  /** A stage, or another step of a corpus such as `plan`. */
  readonly stage?: string | undefined;
  /** What was typed, such as `run`, or the operation of the API, such as `load`. */
  readonly command?: string | undefined;
  readonly exitCode?: number | undefined;
  /** Id in the run table. */
  readonly runId?: string | undefined;
  /** Whether a verify found no difference. */
  readonly inStep?: boolean | undefined;
  /** Differences that a verify found. */
  readonly differences?: number | undefined;
  /** What became of chunks: see `lockstep.chunks`. */
  readonly outcome?: string | undefined;
  /** The service that is called: `openai`, `qdrant`, `neon`, or `input`. */
  readonly dependency?: string | undefined;
  /** Host and port of the service. */
  readonly server?: string | undefined;
  /** 1 for the first request of a call. */
  readonly attempt?: number | undefined;
  readonly delayMs?: number | undefined;
  /** Why a request is sent again: a code of the error catalogue, or `breaker-open`. */
  readonly reason?: string | undefined;
  /** Class of the error: a code of the error catalogue, or the name of an error that is none of ours. */
  readonly error?: string | undefined;
  /** Status of HTTP, of an answer that was an error. */
  readonly status?: number | undefined;
  readonly sqlState?: string | undefined;
  /** Provider and name of an embedding model. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly dimensions?: number | undefined;
  /** Texts of a request. */
  readonly texts?: number | undefined;
  /** Tokens that the service charged for. */
  readonly tokens?: number | undefined;
  /** What they cost, in US dollars. */
  readonly dollars?: number | undefined;
  readonly database?: 'qdrant' | 'postgresql' | undefined;
  /** What a database is asked to do: a request of Qdrant's API, a command of SQL, or `BATCH` for several. */
  readonly operation?: string | undefined;
  /** The commands of SQL and their table. */
  readonly summary?: string | undefined;
  /** A collection or a table. */
  readonly collection?: string | undefined;
  /** Statements of a transaction. */
  readonly statements?: number | undefined;
}
