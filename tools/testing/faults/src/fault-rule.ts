import type { Dependency } from '@lockstep/model';

/** Holds a request up; it goes on afterwards. Waits of several rules add up. */
export type Wait =
  /** By so many milliseconds. */
  | { readonly delayMs: number }
  /** Until so many milliseconds after the first request that the service got, as a paused database wakes up. */
  | { readonly coldStartMs: number };

/** What becomes of the answer. One at most strikes a request. */
export type Spoiling =
  /** This status, with these headers. `body`: any JSON; where it is left out, an error that all three clients can read. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  /** Nothing more is sent, and the connection stays open: no answer; headers alone; headers and the first half of the body. */
  | { readonly stall: 'before-headers' | 'after-headers' | 'in-body' }
  /** The connection ends in the body: after this share of it, below 1, or after so many bytes. */
  | { readonly cut: number }
  /** The connection is reset without an answer. */
  | { readonly reset: true }
  /** `content-length` says so many bytes more than there are, or less where it is negative; then the connection ends. */
  | { readonly wrongLength: number }
  /** The page of a proxy, with status 200. */
  | { readonly html200: true }
  /** The answer stops in the middle; its length is right. */
  | { readonly brokenJson: true }
  /** The whole answer, this slowly. */
  | { readonly dripBytesPerSecond: number }
  /** All connections are reset, nobody listens for so many milliseconds, and then somebody does on the same port. */
  | { readonly restartMs: number }
  /** Embeddings in another order, each with its right index. */
  | { readonly reorder: true }
  /** So many embeddings fewer. */
  | { readonly short: number }
  /** A NaN in the first embedding (null where it is written in decimals, since JSON has none). */
  | { readonly nonFinite: true }
  /** Embeddings cut or filled up to this length. */
  | { readonly dimensions: number };

export type Fault = Wait | Spoiling;

/**
 * Strikes the requests for which everything holds that it says of them; all of them where it says nothing. Numbers count
 * the requests that match `method` and `path`, from 1. Times count from the first request of the service.
 */
export interface FaultRule {
  readonly method?: string;
  /** The whole path without its query; `*` stands for any characters. */
  readonly path?: string;
  readonly nth?: number;
  /** From this number, and up to that one. */
  readonly from?: number;
  readonly to?: number;
  /** Every so many: 3 is the third, the sixth and so on. */
  readonly every?: number;
  /** 0 to 1, drawn by the seed and the number, so that the same requests are struck each time. */
  readonly chance?: number;
  /** From this moment on, and until that one. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** How often it strikes at most. */
  readonly times?: number;
  /**
   * `before` (the default): the service has not done what was asked. `after`: it has, and the answer is lost or late.
   * Faults that need an answer to spoil always come after.
   */
  readonly when?: 'before' | 'after';
  readonly fault: Fault;
}

/** Rules by service. */
export interface FaultScript extends Readonly<Partial<Record<Dependency, readonly FaultRule[]>>> {
  /** What it shows. */
  readonly about?: string;
  /** For `chance`; 1 where it is left out. */
  readonly seed?: number;
}

/** The services that a script may name. */
export const FAULTY_SERVICES = ['openai', 'qdrant', 'neon'] as const satisfies readonly Dependency[];

export function isWait(fault: Fault): fault is Wait {
  return 'delayMs' in fault || 'coldStartMs' in fault;
}

/** True for a fault that changes embeddings, and so makes sense for the embedding service alone. */
export function changesEmbeddings(fault: Fault): boolean {
  return 'reorder' in fault || 'short' in fault || 'nonFinite' in fault || 'dimensions' in fault;
}

/** True for a fault that is made of the service's answer, so that the work must be done first. */
export function needsAnswer(fault: Fault): boolean {
  if ('stall' in fault) return fault.stall !== 'before-headers';
  if ('cut' in fault || 'wrongLength' in fault || 'brokenJson' in fault || 'dripBytesPerSecond' in fault) return true;
  return changesEmbeddings(fault);
}

/** In a few words, for a log. */
export function describeFault(fault: Fault): string {
  const [entry] = Object.entries(fault) as [[string, unknown]];
  const [name, value] = entry;
  return value === true ? name : `${name} ${String(value)}`;
}
