import { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.ts';

/** What to do about a failure: `retry` the call, `reject` the one input, or `abort`. An unknown failure aborts. */
export type Disposition = 'retry' | 'reject' | 'abort';

/** Small, safe facts about a failure: never a key, a connection string, a text or a vector. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

export interface IndexingErrorOptions {
  readonly code: ErrorCode;
  /** What was expected and what was found, and what to do if the advice of the catalogue is not enough. */
  readonly message: string;
  /** @default 'abort' */
  readonly disposition?: Disposition;
  /** @default {} */
  readonly details?: ErrorDetails;
  /** A vendor's error only as a stripped copy. */
  readonly cause?: unknown;
  /** For `retry`: how long the service asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** For `retry`: failures of this kind that end a call. They do not count as an outage. @default no limit of its own */
  readonly attemptsMax?: number;
}

const MARKER = Symbol.for('lockstep.IndexingError');

/** A call or a run that failed: the error class of the whole program. `code` selects the entry of the catalogue. */
export class IndexingError extends Error {
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly details: ErrorDetails;
  readonly retryAfterMs: number | undefined;
  readonly attemptsMax: number | undefined;
  #stage: string | undefined;
  #typed: string | undefined;

  constructor(options: IndexingErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'IndexingError';
    this.code = options.code;
    this.disposition = options.disposition ?? 'abort';
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
    this.attemptsMax = options.attemptsMax;
    Object.defineProperty(this, MARKER, { value: true });
  }

  get advice(): string {
    return withCorpus(ERROR_CATALOGUE[this.code].advice, this.#typed);
  }

  /** The stage that failed with it; undefined outside of stages. */
  get stage(): string | undefined {
    return this.#stage;
  }

  /** Sets the stage that failed with it. The first call wins, so that the innermost stage is named. */
  endStage(stage: string): void {
    this.#stage ??= stage;
  }

  /** Sets what a command is given to work on its corpus, so that the commands in message and advice can be typed as they are. The first call wins. */
  endCorpus(typed: string): void {
    this.#typed ??= typed;
    this.message = withCorpus(this.message, this.#typed);
  }
}

/** A text with commands, in which `<corpus>` stands for what names the corpus. */
export function withCorpus(text: string, typed: string | undefined): string {
  return typed === undefined ? text : text.replaceAll('<corpus>', () => typed);
}

/** Whether an error is an `IndexingError`, even one of another copy of this module. */
export function isIndexingError(error: unknown): error is IndexingError {
  return typeof error === 'object' && error !== null && MARKER in error;
}

/** Throws if something that the program itself guarantees does not hold. Never retried. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new IndexingError({ code: 'invariant', message });
}

/**
 * How many nested errors are searched for a code: that of a client holds that of fetch, which holds that of the socket.
 */
const CAUSES_MAX = 5;

/** Codes of operating systems, and SQLSTATEs. A lower-case code of a service may repeat what was sent to it. */
const SYSTEM_CODE = /^[A-Z0-9_]{1,64}$/;

/** A copy of a vendor's error that is safe as `cause`: only its name and a code. */
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
