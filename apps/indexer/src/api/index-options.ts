import type { CorpusConfig, StoreName } from '@lockstep/model';
import type { VerifyLevel } from '@lockstep/pipeline';
import type { Choice } from '../settings/profile.ts';
import type { IndexEvent } from './index-event.ts';

/** What `openIndex` opens, and where. Only `corpus` is needed. */
export interface IndexOptions {
  /**
   * The name of a corpus of the workspace; the path of a `corpus.json`, or of its folder; or files of chunks: paths, folders,
   * patterns or http(s) addresses, as the command line takes them. Or else settings: what would stand in a `corpus.json` in
   * `cwd`.
   */
  readonly corpus: string | readonly string[] | CorpusConfig;
  /**
   * The folder that paths are relative to. The workspace is the nearest folder upwards with an `nx.json`, or else this one.
   *
   * @default process.cwd()
   */
  readonly cwd?: string | undefined;
  /**
   * The variables, as `.env.example` lists them. Where they are given, neither those of the process nor `.env` are read.
   *
   * @default process.env, then `.env` at the root of the workspace
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Folder for caches, receipts and embedded data; created if it is missing. @default '.lockstep' at the root of the workspace */
  readonly stateDirectory?: string | undefined;
  /** Whether texts are embedded in this process, or by the service of `OPENAI_API_KEY`. @default what the variables say */
  readonly embedder?: Choice | undefined;
  /** Whether points are kept in this process, or in the Qdrant of `QDRANT_HOST`. @default what the variables say */
  readonly vectors?: Choice | undefined;
  /** Whether rows are kept in this process, or in the Postgres of `NEON_POSTGRES_CONNECTION_STRING`. @default what the variables say */
  readonly rows?: Choice | undefined;
  /** The only store that is planned, loaded and verified; `repair` and `search` use both. @default both */
  readonly only?: StoreName | undefined;
  /** Most tokens sent to the embedding service in a minute, from 1. @default what the service reports */
  readonly tokensPerMinute?: number | undefined;
  /** Most requests sent to the embedding service in a minute, from 1. @default what the service reports */
  readonly requestsPerMinute?: number | undefined;
  /** Ends every operation, as the `signal` of each does. It closes nothing. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called for each event, in order, while an operation waits: validate tells its progress with every record, so be quick.
   * What it throws ends every operation of the index.
   *
   * @default none
   */
  readonly onEvent?: ((event: IndexEvent) => void) | undefined;
}

/** Options of every operation. */
export interface OperationOptions {
  /**
   * Ends this operation, which then fails with `aborted`. What was embedded is saved, so that the next load pays for nothing
   * twice; stores stay as far as they were written, and the next load goes on from there.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What an operation may change and pay. The default of each is its variable, such as `LOCKSTEP_MAX_COST`, where that is set.
 */
export interface ChangeLimits extends OperationOptions {
  /** Allows the ids of the chunks to come from elsewhere than those that were loaded before. @default false */
  readonly allowNewIds?: boolean | undefined;
  /** Allows to delete more than 20 % and more than 20 of the chunks in a store. @default false */
  readonly allowDeletes?: boolean | undefined;
  /** Largest share of the chunks in a store that may be deleted, 0 to 100. Not together with `allowDeletes`. */
  readonly maxDeletePercent?: number | undefined;
  /** Most that embedding may cost, in US dollars. @default any amount */
  readonly maxCost?: number | undefined;
  /** US dollars for a million tokens. @default the known price of the model */
  readonly price?: number | undefined;
}

export interface PlanOptions extends ChangeLimits {
  /** Whether any rejected record is a failure. @default false */
  readonly strict?: boolean | undefined;
}

export interface VerifyOptions extends OperationOptions {
  /**
   * What is compared, from least to most; each level includes those before it: `counts`, `ids`, `content` (every field, with
   * hashes computed again), `vectors`.
   *
   * @default 'content'
   */
  readonly level?: VerifyLevel | undefined;
  /** At level `vectors`: compares only every n-th vector, from 1. @default 1 */
  readonly vectorsEvery?: number | undefined;
}

export interface LoadOptions extends PlanOptions, VerifyOptions {
  /** Most texts that the embedding service may refuse. @default 100, or 0 with `strict` */
  readonly maxRejects?: number | undefined;
}

export interface RepairOptions extends ChangeLimits {
  /** Whether texts that are not in the cache are embedded, and paid for. @default false */
  readonly pay?: boolean | undefined;
}
