// What the page of a server is told of runs, by `GET /api/events` and by the replies to what it starts.

/** What can be started from the page. */
export type RunKind = 'run' | 'repair';

/** What the page allows a run to do: no more than the plan that was shown. */
export interface RunRequest {
  /** Most that embedding may cost, in US dollars. @default what the server was started with */
  readonly maxCost: number | undefined;
  /** Of a repair: whether texts that are not in the cache are embedded, and paid for. @default false */
  readonly pay: boolean;
}

/**
 * - `running`, `stopping`: under way in this server; the latter has been told to stop.
 * - `open`: another process on this machine began it, and it has not ended: it is under way, or was killed.
 * - `done`, `differs`, `failed`: it has ended; with `differs` its verify found differences.
 * - `ended`: a run of another process is over, and left nothing that says how, as one that was overtaken.
 */
export type RunState = 'running' | 'stopping' | 'open' | 'done' | 'differs' | 'failed' | 'ended';

export interface RunView {
  /** The same in every view of this run. */
  readonly id: string;
  readonly corpus: string;
  /** What was started: a `RunKind`, or of another process the stage, if it runs stages one by one. */
  readonly kind: string;
  /** Whether this server does it, or another process on this machine. */
  readonly origin: 'here' | 'elsewhere';
  readonly state: RunState;
  readonly startedAt: string | null;
  /** Null while it is under way, and where nobody knows. */
  readonly finishedAt: string | null;
  /** In the order in which they began. Of another process: those that have ended, since their receipts tell of them. */
  readonly stages: readonly StageView[];
  /** What ended it; null where nothing failed. */
  readonly error: RunFailure | null;
  /** The last warnings, and waits for others. */
  readonly notes: readonly RunNote[];
  /** What it came to, in the words of the command line; null before its end. */
  readonly text: string | null;
}

export interface RunFailure {
  /** One of the codes in docs/errors.md. */
  readonly code: string;
  /** The stage in which it failed; null if between stages. */
  readonly stage: string | null;
  readonly message: string;
  readonly advice: string;
}

export interface StageView {
  /** A stage, or `plan` or `repair`. */
  readonly stage: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Records, chunks, points or rows; null where it is not known. */
  readonly done: number | null;
  /** The `done` of a stage that is through; null while it is not known. */
  readonly total: number | null;
  /** Tokens that the embedding service has charged for so far, and what they cost in US dollars, if the price is known. */
  readonly tokens: number;
  readonly dollars: number | null;
}

/** An event of a library, as the terminal shows it. Holds no secret, text or vector. */
export interface RunNote {
  readonly at: string;
  readonly stage: string | null;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Whether it has ended. */
export function hasEnded({ state }: Pick<RunView, 'state'>): boolean {
  return state !== 'running' && state !== 'stopping' && state !== 'open';
}

/** The data of an event named `runs`. */
export interface RunsEvent {
  /** The time of the server. */
  readonly now: string;
  /** All that is known at first, and then those that have changed. */
  readonly runs: readonly RunView[];
}
