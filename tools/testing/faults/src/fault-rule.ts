import type { Dependency } from '@lockstep/model';

/** A delay of a request, which continues afterwards. Delays of several rules add up. */
export type Wait =
  /** By this many milliseconds. */
  | { readonly delayMs: number }
  /** Until this many milliseconds after the first request to the service, as when a paused database starts. */
  | { readonly coldStartMs: number };

/** A fault of the answer. At most one applies to a request. */
export type Spoiling =
  /** This status with these headers. `body` is any JSON. @default an error in the form of all three services */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  /** The answer stops and the connection stays open: before it, after the headers, or after half of the body. */
  | { readonly stall: 'before-headers' | 'after-headers' | 'in-body' }
  /** The connection is closed in the body: after this share of it (below 1), or after this many bytes. */
  | { readonly cut: number }
  /** The connection is reset without an answer. */
  | { readonly reset: true }
  /** `content-length` is this many bytes too large, or too small if negative; then the connection is closed. */
  | { readonly wrongLength: number }
  /** An HTML page, as of a proxy, with status 200. */
  | { readonly html200: true }
  /** The body is cut in the middle, and its length is that of the cut body. */
  | { readonly brokenJson: true }
  /** The whole answer at this rate. */
  | { readonly dripBytesPerSecond: number }
  /** All connections are reset, and the port is closed for this many milliseconds. */
  | { readonly restartMs: number }
  /** Embeddings in another order, each with its right index. */
  | { readonly reorder: true }
  /** This many embeddings are missing. */
  | { readonly short: number }
  /** A NaN in the first embedding (null in decimals, since JSON has no NaN). */
  | { readonly nonFinite: true }
  /** Embeddings are cut or padded to this length. */
  | { readonly dimensions: number };

export type Fault = Wait | Spoiling;

/**
 * Applies a fault to the requests that match all of its conditions. Numbers count the requests that match `method` and
 * `path`, from 1. Times count from the first request to the service.
 */
export interface FaultRule {
  readonly method?: string;
  /** The whole path without its query; `*` matches any characters. */
  readonly path?: string;
  readonly nth?: number;
  /** First and last number. */
  readonly from?: number;
  readonly to?: number;
  /** Every nth request: 3 means the third, the sixth and so on. */
  readonly every?: number;
  /** Probability from 0 to 1, drawn from the seed and the number, so that it hits the same requests each time. */
  readonly chance?: number;
  /** Begin and end, which is excluded, of a time window. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** How often it applies at most. */
  readonly times?: number;
  /**
   * `before`: the service does not do the work. `after`: it does, and the answer is lost or late. Faults that change an
   * answer always come after. @default 'before'
   */
  readonly when?: 'before' | 'after';
  readonly fault: Fault;
}

/** Rules by service. */
export interface FaultScript extends Readonly<Partial<Record<Dependency, readonly FaultRule[]>>> {
  /** Description of the script. */
  readonly about?: string;
  /** Seed of `chance`. @default 1 */
  readonly seed?: number;
}

/** The services of a script. */
export const FAULTY_SERVICES = ['openai', 'qdrant', 'neon'] as const satisfies readonly Dependency[];

export function isWait(fault: Fault): fault is Wait {
  return 'delayMs' in fault || 'coldStartMs' in fault;
}

/** Whether a fault changes embeddings, so that it is only for the embedding service. */
export function changesEmbeddings(fault: Fault): boolean {
  return 'reorder' in fault || 'short' in fault || 'nonFinite' in fault || 'dimensions' in fault;
}

/** Whether a fault changes the answer of the service, so that the work must be done first. */
export function needsAnswer(fault: Fault): boolean {
  if ('stall' in fault) return fault.stall !== 'before-headers';
  if ('cut' in fault || 'wrongLength' in fault || 'brokenJson' in fault || 'dripBytesPerSecond' in fault) return true;
  return changesEmbeddings(fault);
}

/** A short text for a log. */
export function describeFault(fault: Fault): string {
  const [entry] = Object.entries(fault) as [[string, unknown]];
  const [name, value] = entry;
  return value === true ? name : `${name} ${String(value)}`;
}
