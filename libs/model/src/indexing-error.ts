import { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.ts';

/** What to do about a failure: try the call again, set the one input aside, or stop. The unknown aborts. */
export type Disposition = 'retry' | 'reject' | 'abort';

/** Small, safe facts about a failure: never a key, a connection string, a text or a vector. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

export interface IndexingErrorOptions {
  readonly code: ErrorCode;
  /** What was expected, what came, what to do where the catalogue's advice is not enough. */
  readonly message: string;
  readonly disposition?: Disposition;
  readonly details?: ErrorDetails;
  /** A stripped copy of a vendor's error at most. */
  readonly cause?: unknown;
  /** For `retry`: the service asked to wait this long, in milliseconds. */
  readonly retryAfterMs?: number;
}

const MARKER = Symbol.for('lockstep.IndexingError');

/** A call or a run that failed. One family for the whole program; `code` says which, the catalogue what to do. */
export class IndexingError extends Error {
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly details: ErrorDetails;
  readonly retryAfterMs: number | undefined;
  #stage: string | undefined;

  constructor(options: IndexingErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'IndexingError';
    this.code = options.code;
    this.disposition = options.disposition ?? 'abort';
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, MARKER, { value: true });
  }

  get advice(): string {
    return ERROR_CATALOGUE[this.code].advice;
  }

  /** The stage that ended with it; undefined outside of stages. */
  get stage(): string | undefined {
    return this.#stage;
  }

  /** Says which stage ended with it. Of stages within each other, the innermost counts. */
  endStage(stage: string): void {
    this.#stage ??= stage;
  }
}

/** Tells our errors from all others, also when two copies of this module are loaded. */
export function isIndexingError(error: unknown): error is IndexingError {
  return typeof error === 'object' && error !== null && MARKER in error;
}

/** Throws when something that the program itself guarantees does not hold. Never retried. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new IndexingError({ code: 'invariant', message });
}

/** Errors looked through for a code: a client's wraps fetch's, which wraps the socket's. */
const CAUSES_MAX = 5;

/** Codes of systems and SQLSTATEs: what a service itself calls a failure, in small letters, may be whatever it was sent. */
const SYSTEM_CODE = /^[A-Z0-9_]{1,64}$/;

/** A copy of a vendor's error that is safe to keep as `cause`: its name and a code, and nothing that it carries. */
export function strippedCause(error: unknown): { name: string; code?: string } {
  if (!(error instanceof Error)) return { name: typeof error };
  let inner: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && inner instanceof Error; depth += 1) {
    const { code } = inner as { code?: unknown };
    if (typeof code === 'string' && SYSTEM_CODE.test(code)) return { name: error.name, code };
    inner = inner.cause;
  }
  return { name: error.name };
}
